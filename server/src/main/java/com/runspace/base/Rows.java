package com.runspace.base;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * A statement that is given many rows at once: what a row costs is then what its values cost, and
 * not what a statement does.
 *
 * <p>On SQLite a statement has many rows. PostgreSQL would plan such a statement anew for each
 * number of rows; it takes a column as one value, or rows as they come ({@link #copy}).
 *
 * @param sql with {@code {}} for the rows, such as {@code INSERT INTO one {} ON CONFLICT DO
 *     NOTHING} or {@code SELECT a FROM ({}) AS given JOIN one ON b = given.column1}
 * @param columns how many values each row has, texts and longs; the SQL calls them column1, column2
 */
public record Rows(String sql, int columns) {
  private static final String PLACE = "{}";

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
   * Runs a statement that changes something.
   *
   * @return how many rows were added or changed, which is less where a conflict does nothing
   */
  public <T> int update(Connection connection, List<T> rows, Form<T> form) throws SQLException {
    int changed = 0;
    for (List<T> some : batches(connection, rows)) {
      try (PreparedStatement statement = prepare(connection, some, form)) {
        changed += statement.executeUpdate();
      }
    }
    return changed;
  }

  /** Runs a query; gives what it finds in no order. */
  public <T, R> List<R> list(Connection connection, List<T> rows, Form<T> form, Db.Form<R> each)
      throws SQLException {
    List<R> found = new ArrayList<>();
    for (List<T> some : batches(connection, rows)) {
      try (PreparedStatement statement = prepare(connection, some, form);
          ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          found.add(each.of(results));
        }
      }
    }
    return found;
  }

  private static <T> List<List<T>> batches(Connection connection, List<T> rows)
      throws SQLException {
    int most = isPostgres(connection) ? Math.max(1, rows.size()) : ROWS_MAX;
    List<List<T>> batches = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += most) {
      batches.add(rows.subList(from, Math.min(from + most, rows.size())));
    }
    return batches;
  }

  private static boolean isPostgres(Connection connection) throws SQLException {
    return connection.isWrapperFor(PGConnection.class);
  }

  private <T> PreparedStatement prepare(Connection connection, List<T> rows, Form<T> form)
      throws SQLException {
    if (isPostgres(connection)) {
      return prepareColumns(connection, rows, form);
    }
    String row = " (" + "?, ".repeat(columns - 1) + "?)";
    String all = "VALUES" + row + ("," + row).repeat(rows.size() - 1);
    PreparedStatement statement = connection.prepareStatement(sql.replace(PLACE, all));
    OfStatement values = new OfStatement(statement);
    for (T each : rows) {
      form.put(each, values);
    }
    return statement;
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

  private <T> PreparedStatement prepareColumns(Connection connection, List<T> rows, Form<T> form)
      throws SQLException {
    OfColumns values = new OfColumns(rows.size(), columns);
    for (T row : rows) {
      form.put(row, values);
    }
    String types =
        Arrays.stream(values.columns)
            .map(column -> column instanceof long[] ? "CAST(? AS BIGINT[])" : "CAST(? AS TEXT[])")
            .collect(Collectors.joining(", "));
    String names =
        IntStream.rangeClosed(1, columns)
            .mapToObj(number -> "column" + number)
            .collect(Collectors.joining(", "));
    String all = "SELECT * FROM unnest(%s) AS given (%s)".formatted(types, names);
    PreparedStatement statement = connection.prepareStatement(sql.replace(PLACE, all));
    for (int i = 0; i < columns; i++) {
      statement.setObject(i + 1, values.columns[i]);
    }
    return statement;
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
   *
   * @param columns how many values each row has
   */
  public static <T> int copy(
      Connection connection, String table, int columns, List<T> rows, Form<T> form)
      throws SQLException {
    CopyIn copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("COPY " + table + " FROM STDIN (FORMAT BINARY)");
    try {
      OfCopy values = new OfCopy(copy, columns);
      for (T row : rows) {
        form.put(row, values);
        values.sendIfLarge();
      }
      values.room(2).putShort((short) -1);
      values.send();
      return Math.toIntExact(copy.endCopy());
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  private static final class OfCopy implements Values {
    /** The server makes room for a message; for a large one it gets new memory each time. */
    private static final int LARGE = 1 << 15;

    private final CopyIn copy;
    private final int columns;
    private ByteBuffer bytes = ByteBuffer.allocate(2 * LARGE).put(COPY_HEAD);
    private int last;

    OfCopy(CopyIn copy, int columns) {
      this.copy = copy;
      this.columns = columns;
    }

    void sendIfLarge() throws SQLException {
      if (bytes.position() >= LARGE) {
        send();
      }
    }

    void send() throws SQLException {
      copy.writeToCopy(bytes.array(), 0, bytes.position());
      bytes.clear();
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
