package com.runspace.base;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** What SQLite and PostgreSQL do not do in the same way. */
sealed interface Engine {
  /** The store's name, as operators know it; without a password. */
  String name();

  Connection connect(boolean writes) throws SQLException;

  /** Whether other nodes may use the store at the same time. */
  boolean isShared();

  /** The store's own clock as a whole number of milliseconds since the epoch. */
  String clock();

  /** A statement of a schema, which is written for SQLite, as this engine takes it. */
  String schema(String sql);

  /** Makes a lock by name be held until the transaction ends. */
  void lock(Connection connection, long name) throws SQLException;

  /** Tells all nodes something, when the transaction is committed. */
  void announce(Connection connection, String what) throws SQLException;

  /** Whether work that failed for this may be done once more: it only met other work. */
  boolean isConflict(SQLException fault);

  /** Whether the store was lost with this, and other connections to it with it. */
  boolean isLoss(SQLException fault);

  /** Whether a connection that nobody has used for a while still leads to the store. */
  boolean isAlive(Connection idle);

  List<String> problems(Connection connection) throws SQLException;

  void backUp(Path to) throws SQLException;

  /** One file, in WAL mode: readers never wait for the writer. */
  record Sqlite(Path file, int busyMillis) implements Engine {
    private static final String NATIVE_FOLDER = "org.sqlite.tmpdir";

    /**
     * SQLite's library is unpacked into a folder beside the store and not into a shared one for
     * temporary files, which may forbid to run what is in it. What a killed process left is
     * removed.
     */
    static synchronized void prepareNativeFolder(Path folder) throws SQLException {
      if (System.getProperty(NATIVE_FOLDER) != null) {
        return;
      }
      try {
        Files.createDirectories(folder);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "sqlite-*")) {
          for (Path library : left) {
            Files.deleteIfExists(library);
          }
        }
      } catch (IOException cannot) {
        throw new SQLException("the folder " + folder + " cannot be written: " + cannot, cannot);
      }
      System.setProperty(NATIVE_FOLDER, folder.toString());
    }

    @Override
    public String name() {
      return file.toString();
    }

    /**
     * {@code synchronous=FULL}, since what is committed here is deleted from where it came from,
     * and must then be on the disk.
     */
    @Override
    public Connection connect(boolean writes) throws SQLException {
      Properties settings = new Properties();
      settings.setProperty("busy_timeout", Integer.toString(busyMillis));
      settings.setProperty("journal_mode", "WAL");
      settings.setProperty("synchronous", "FULL");
      settings.setProperty("foreign_keys", "true");
      settings.setProperty("transaction_mode", writes ? "IMMEDIATE" : "DEFERRED");
      return DriverManager.getConnection("jdbc:sqlite:" + file, settings);
    }

    @Override
    public boolean isShared() {
      return false;
    }

    @Override
    public String clock() {
      return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";
    }

    @Override
    public String schema(String sql) {
      return sql;
    }

    @Override
    public void lock(Connection connection, long name) {
      // Whoever writes is alone already.
    }

    @Override
    public void announce(Connection connection, String what) {
      // There is nobody else to tell.
    }

    @Override
    public boolean isConflict(SQLException fault) {
      return false;
    }

    @Override
    public boolean isLoss(SQLException fault) {
      return false;
    }

    @Override
    public boolean isAlive(Connection idle) {
      return true;
    }

    @Override
    public List<String> problems(Connection connection) throws SQLException {
      List<String> problems =
          Db.list(connection, "PRAGMA integrity_check", row -> row.getString(1));
      problems.remove("ok");
      return problems;
    }

    @Override
    public void backUp(Path to) throws SQLException {
      try {
        Files.createFile(
            to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } catch (IOException cannot) {
        throw new SQLException("the backup " + to + " cannot be made: " + cannot, cannot);
      }
      boolean done = false;
      try (Connection connection = connect(/* writes= */ false);
          PreparedStatement statement = connection.prepareStatement("VACUUM INTO ?")) {
        statement.setString(1, to.toString());
        statement.execute();
        done = true;
      } finally {
        if (!done) {
          deleteQuietly(to);
        }
      }
    }

    private static void deleteQuietly(Path file) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException stays) {
        System.getLogger(Db.class.getName()).log(System.Logger.Level.DEBUG, "delete", stays);
      }
    }
  }

  /** A server that several nodes may share. */
  record Postgres(String url, String name) implements Engine {
    private static final String SCHEME = "jdbc:postgresql://";
    private static final int OLDEST = 14;
    private static final int ALIVE_SECONDS = 5;

    /**
     * A statement that waits for a lock for so long is better done again. The server gives up a
     * connection, with the locks that it holds, some ten seconds after its other end has vanished
     * without a word: a machine that lost its power, a network that is cut. By itself it would need
     * two hours.
     */
    private static final String OPTIONS =
        "-c lock_timeout=10s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2"
            + " -c tcp_keepalives_count=3 -c tcp_user_timeout=11000";

    static Postgres of(String url) throws SQLException {
      int query = url.indexOf('?');
      String name = query < 0 ? url : url.substring(0, query);
      if (!url.startsWith(SCHEME) || name.indexOf('@') >= 0) {
        // The driver takes no user and password before an @, and would show them in its message.
        throw new SQLException(
            "the address of the store has to be jdbc:postgresql://host/database?user=…&password=…");
      }
      return new Postgres(url, name.substring(SCHEME.length()));
    }

    @Override
    public String toString() {
      return name;
    }

    @Override
    public Connection connect(boolean writes) throws SQLException {
      Properties settings = new Properties();
      settings.setProperty("ApplicationName", "runspace");
      settings.setProperty("connectTimeout", "5");
      settings.setProperty("loginTimeout", "5");
      settings.setProperty("socketTimeout", "30");
      settings.setProperty("tcpKeepAlive", "true");
      settings.setProperty("options", OPTIONS);
      // A text, or nothing, is taken as what its column holds, as SQLite does.
      settings.setProperty("stringtype", "unspecified");
      // Details quote values of rows, which are not for a log.
      settings.setProperty("logServerErrorDetail", "false");
      try {
        // Not DriverManager's getConnection, which quotes the whole address when it fails.
        Driver driver = DriverManager.getDriver(SCHEME + "localhost/any");
        @Nullable Connection connection = driver.connect(url, settings);
        if (connection == null) {
          throw new SQLException("the driver cannot read this address");
        }
        return prepared(connection, writes);
      } catch (SQLException cannot) {
        // The driver quotes an address that it cannot read. So does a cause, which is left out.
        String why = String.valueOf(cannot.getMessage()).replace(url, "the address of the store");
        throw new SQLException("PostgreSQL at " + name + ": " + why, cannot.getSQLState());
      }
    }

    /** Readers see one moment in all that they read, as on SQLite. */
    private static Connection prepared(Connection connection, boolean writes) throws SQLException {
      boolean done = false;
      try {
        refuseUnfit(connection);
        connection.setTransactionIsolation(
            writes
                ? Connection.TRANSACTION_READ_COMMITTED
                : Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(!writes);
        done = true;
        return connection;
      } finally {
        if (!done) {
          connection.close();
        }
      }
    }

    private static void refuseUnfit(Connection connection) throws SQLException {
      int version = connection.getMetaData().getDatabaseMajorVersion();
      if (version < OLDEST) {
        throw new SQLException(
            "it is version " + version + ", and RunSpace needs " + OLDEST + " or newer");
      }
      String encoding = connection.unwrap(PGConnection.class).getParameterStatus("server_encoding");
      if (!"UTF8".equals(encoding)) {
        throw new SQLException("the database has the encoding " + encoding + " and not UTF8");
      }
    }

    @Override
    public boolean isShared() {
      return true;
    }

    @Override
    public String clock() {
      return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
    }

    /**
     * {@code WITHOUT ROWID} keeps SQLite from storing a key twice. As on SQLite, a text may have
     * any length and is ordered by its bytes, and an INTEGER has 64 bits.
     */
    @Override
    public String schema(String sql) {
      return sql.replace(" WITHOUT ROWID", "")
          .replaceAll("\\b(?:(?:VAR)?CHAR\\(\\d+\\)|TEXT\\b)", "TEXT COLLATE \"C\"")
          .replaceAll("\\bINTEGER\\b", "BIGINT");
    }

    @Override
    public void lock(Connection connection, long name) throws SQLException {
      var _ = Db.list(connection, "SELECT pg_advisory_xact_lock(?)", row -> 0, name);
    }

    @Override
    public void announce(Connection connection, String what) throws SQLException {
      var _ = Db.list(connection, "SELECT pg_notify('runspace', ?)", row -> 0, what);
    }

    @Override
    public boolean isConflict(SQLException fault) {
      // Serialization failure, deadlock.
      return "40001".equals(fault.getSQLState()) || "40P01".equals(fault.getSQLState());
    }

    @Override
    public boolean isLoss(SQLException fault) {
      String state = fault.getSQLState();
      // The connection broke, or the server says that it stops.
      return state != null && (state.startsWith("08") || state.startsWith("57P"));
    }

    @Override
    public boolean isAlive(Connection idle) {
      try {
        return idle.isValid(ALIVE_SECONDS);
      } catch (SQLException negative) {
        throw new IllegalStateException(negative);
      }
    }

    @Override
    public List<String> problems(Connection connection) {
      return List.of();
    }

    @Override
    public void backUp(Path to) throws SQLException {
      throw new SQLException(
          "the store is PostgreSQL at " + name + ": back it up with pg_dump or its own tools");
    }
  }
}
