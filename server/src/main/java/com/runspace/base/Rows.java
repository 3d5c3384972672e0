package com.runspace.base;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * Adds rows to a table, many of them with each statement: what a row costs is then what its values
 * cost, and not what a statement does.
 *
 * @param before the statement up to its rows, such as {@code INSERT INTO call VALUES}
 * @param columns how many values each row has
 * @param after the rest of the statement, such as {@code ON CONFLICT DO NOTHING}
 */
public record Rows(String before, int columns, String after) {
  /** Values of one statement stay well below what SQLite and PostgreSQL take. */
  private static final int ROWS_MAX = 128;

  /** Puts the values of one row in their order. */
  @FunctionalInterface
  public interface Form<T> {
    void put(T row, Values values) throws SQLException;
  }

  /** The values of a statement, one after another. */
  public static final class Values {
    private final PreparedStatement statement;
    private int last;

    private Values(PreparedStatement statement) {
      this.statement = statement;
    }

    public Values put(long value) throws SQLException {
      statement.setLong(++last, value);
      return this;
    }

    public Values put(String value) throws SQLException {
      statement.setString(++last, value);
      return this;
    }
  }

  /**
   * Adds all rows.
   *
   * @return how many were added or changed, which is less where a conflict does nothing
   */
  public <T> int add(Connection connection, List<T> rows, Form<T> form) throws SQLException {
    int whole = rows.size() - rows.size() % ROWS_MAX;
    int changed = add(connection, rows.subList(0, whole), ROWS_MAX, form);
    List<T> rest = rows.subList(whole, rows.size());
    return changed + add(connection, rest, rest.size(), form);
  }

  private <T> int add(Connection connection, List<T> rows, int atOnce, Form<T> form)
      throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    int changed = 0;
    try (PreparedStatement statement = connection.prepareStatement(sql(atOnce))) {
      for (int from = 0; from < rows.size(); from += atOnce) {
        Values values = new Values(statement);
        for (T row : rows.subList(from, from + atOnce)) {
          form.put(row, values);
        }
        changed += statement.executeUpdate();
      }
    }
    return changed;
  }

  private String sql(int rows) {
    String row = " (" + "?, ".repeat(columns - 1) + "?)";
    return before + row + ("," + row).repeat(rows - 1) + " " + after;
  }
}
