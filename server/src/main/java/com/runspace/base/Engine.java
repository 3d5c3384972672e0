package com.runspace.base;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;

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

    static Postgres of(String url) {
      int query = url.indexOf('?');
      String name = query < 0 ? url : url.substring(0, query);
      // What stands before an @ would be a user with a password, which the driver does not take.
      return new Postgres(url, name.substring(Math.min(SCHEME.length(), name.length())));
    }

    @Override
    public Connection connect(boolean writes) throws SQLException {
      Properties settings = new Properties();
      settings.setProperty("ApplicationName", "runspace");
      settings.setProperty("connectTimeout", "5");
      settings.setProperty("loginTimeout", "5");
      settings.setProperty("socketTimeout", "30");
      settings.setProperty("tcpKeepAlive", "true");
      // A statement that waits for a lock for so long is better done again.
      settings.setProperty("options", "-c lock_timeout=10s");
      try {
        Connection connection = DriverManager.getConnection(url, settings);
        int version = connection.getMetaData().getDatabaseMajorVersion();
        if (version < OLDEST) {
          connection.close();
          throw new SQLException(
              "it is version " + version + ", and RunSpace needs " + OLDEST + " or newer");
        }
        return connection;
      } catch (SQLException cannot) {
        throw new SQLException(
            "PostgreSQL at " + name + ": " + cannot.getMessage(), cannot.getSQLState(), cannot);
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
     * {@code WITHOUT ROWID} keeps SQLite from storing a key twice. Texts are ordered by their bytes
     * everywhere, as SQLite does it, whatever the database was made with.
     */
    @Override
    public String schema(String sql) {
      return sql.replace(" WITHOUT ROWID", "")
          .replaceAll("\\b((?:VAR)?CHAR\\(\\d+\\)|TEXT)", "$1 COLLATE \"C\"");
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
