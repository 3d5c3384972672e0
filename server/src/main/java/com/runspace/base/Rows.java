package com.runspace.base;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Adds rows to a table, many of them with each statement: what a row costs is then what its values
 * cost, and not what a statement does.
 *
 * <p>On SQLite a statement has many rows. PostgreSQL would plan such a statement anew for each
 * number of rows; it takes a column as one value, or rows as they come ({@link #copy}).
 *
 * @param table with the names of its columns if not all are given, such as {@code one (a, b)}
 * @param columns how many values each row has, texts and longs
 * @param after the rest of the statement, such as {@code ON CONFLICT DO NOTHING}
 */
public record Rows(String table, int columns, String after) {
  /** Values of one statement stay well below what SQLite takes. */
  private static final int ROWS_MAX = 128;

  /** What a binary copy begins with: a signature, no flags, no extension. */
  private static final byte[] COPY_HEAD = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  /** Puts the values of one row in their order. */
  @FunctionalInterface
  public interface Form<T> {
    void put(T row, Values values) throws SQLException;
  }

  /** Takes values, one after another. */
  public interface Values {
    Values put(long value) throws SQLException;

    Values put(String value) throws SQLException;
  }

  /**
   * Adds all rows.
   *
   * @return how many were added or changed, which is less where a conflict does nothing
   */
  public <T> int add(Connection connection, List<T> rows, Form<T> form) throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    if (connection.isWrapperFor(PGConnection.class)) {
      return addColumns(connection, rows, form);
    }
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
    String row = " (" + "?, ".repeat(columns - 1) + "?)";
    String sql =
        "INSERT INTO " + table + " VALUES" + row + ("," + row).repeat(atOnce - 1) + " " + after;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int from = 0; from < rows.size(); from += atOnce) {
        OfStatement values = new OfStatement(statement);
        for (T each : rows.subList(from, from + atOnce)) {
          form.put(each, values);
        }
        changed += statement.executeUpdate();
      }
    }
    return changed;
  }

  private static final class OfStatement implements Values {
    private final PreparedStatement statement;
    private int last;

    OfStatement(PreparedStatement statement) {
      this.statement = statement;
    }

    @Override
    public Values put(long value) throws SQLException {
      statement.setLong(++last, value);
      return this;
    }

    @Override
    public Values put(String value) throws SQLException {
      statement.setString(++last, value);
      return this;
    }
  }

  private <T> int addColumns(Connection connection, List<T> rows, Form<T> form)
      throws SQLException {
    OfColumns values = new OfColumns(rows.size(), columns);
    for (T row : rows) {
      form.put(row, values);
    }
    String types =
        Arrays.stream(values.columns)
            .map(column -> column instanceof long[] ? "CAST(? AS BIGINT[])" : "CAST(? AS TEXT[])")
            .collect(Collectors.joining(", "));
    String sql = "INSERT INTO " + table + " SELECT * FROM unnest(" + types + ") " + after;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < columns; i++) {
        statement.setObject(i + 1, values.columns[i]);
      }
      return statement.executeUpdate();
    }
  }

  private static final class OfColumns implements Values {
    private final Object[] columns;
    private final int rows;
    private int last;

    OfColumns(int rows, int columns) {
      this.rows = rows;
      this.columns = new Object[columns];
    }

    @Override
    public Values put(long value) {
      int column = last % columns.length;
      if (last < columns.length) {
        columns[column] = new long[rows];
      }
      ((long[]) columns[column])[last++ / columns.length] = value;
      return this;
    }

    @Override
    public Values put(String value) {
      int column = last % columns.length;
      if (last < columns.length) {
        columns[column] = new String[rows];
      }
      ((String[]) columns[column])[last++ / columns.length] = value;
      return this;
    }
  }

  /**
   * Adds rows in the cheapest way there is on PostgreSQL: a conflict fails. Numbers go into columns
   * of 64 bits.
   */
  public <T> int copy(Connection connection, List<T> rows, Form<T> form) throws SQLException {
    OfCopy values = new OfCopy(columns);
    for (T row : rows) {
      form.put(row, values);
    }
    values.room(2).putShort((short) -1);
    CopyIn copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("COPY " + table + " FROM STDIN (FORMAT BINARY)");
    copy.writeToCopy(values.bytes.array(), 0, values.bytes.position());
    return Math.toIntExact(copy.endCopy());
  }

  private static final class OfCopy implements Values {
    private final int columns;
    private ByteBuffer bytes = ByteBuffer.allocate(1 << 16).put(COPY_HEAD);
    private int last;

    OfCopy(int columns) {
      this.columns = columns;
    }

    private ByteBuffer room(int length) {
      if (bytes.remaining() < length) {
        byte[] larger = Arrays.copyOf(bytes.array(), 2 * bytes.capacity() + length);
        bytes = ByteBuffer.wrap(larger).position(bytes.position());
      }
      return bytes;
    }

    private ByteBuffer field(int length) {
      ByteBuffer to = room(2 + 4 + length);
      if (last++ % columns == 0) {
        to.putShort((short) columns);
      }
      return to.putInt(length);
    }

    @Override
    public Values put(long value) {
      field(Long.BYTES).putLong(value);
      return this;
    }

    @Override
    public Values put(String value) {
      byte[] text = value.getBytes(StandardCharsets.UTF_8);
      field(text.length).put(text);
      return this;
    }
  }
}
