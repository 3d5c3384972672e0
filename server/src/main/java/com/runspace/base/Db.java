package com.runspace.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The store: one connection that writes and a few that read, each piece of work in a transaction of
 * its own. Everything here blocks, so nothing here is for an event loop. Safe to share.
 *
 * <p>SQLite in WAL mode: readers never wait for the writer. {@code synchronous=FULL}, since what is
 * committed here is deleted from where it came from, and must then be on the disk.
 */
public final class Db implements AutoCloseable {
  /** Work on a connection inside of a transaction. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private static final String NATIVE_FOLDER = "org.sqlite.tmpdir";
  private static final int READERS_KEPT = 4;

  private final Path file;
  private final int busyMillis;
  private final ReentrantLock writing = new ReentrantLock();
  private final ConcurrentLinkedDeque<Connection> readers = new ConcurrentLinkedDeque<>();
  private @Nullable Connection writer;
  private volatile boolean closed;

  private Db(Path file, int busyMillis) {
    this.file = file;
    this.busyMillis = busyMillis;
  }

  /**
   * Opens the store in a file, which is made when there is none.
   *
   * @param busy how long to wait for another process that holds the file
   * @throws SQLException when it cannot be opened; the message names the file
   */
  public static Db sqlite(Path file, Duration busy) throws SQLException {
    prepareNativeFolder(file.toAbsolutePath().resolveSibling("native"));
    Db db = new Db(file, Math.toIntExact(busy.toMillis()));
    try {
      db.write(connection -> {
        try (Statement statement = connection.createStatement()) {
          return statement.executeUpdate(
              "CREATE TABLE IF NOT EXISTS schema_version"
                  + " (room VARCHAR(40) PRIMARY KEY, version INTEGER NOT NULL)");
        }
      });
      return db;
    } catch (SQLException cannot) {
      db.close();
      throw new SQLException(
          "the store " + file + " cannot be used: " + cannot.getMessage(), cannot);
    }
  }

  /**
   * SQLite's library is unpacked into a folder beside the store and not into a shared one for
   * temporary files, which may forbid to run what is in it. What a killed process left is removed.
   */
  private static synchronized void prepareNativeFolder(Path folder) throws SQLException {
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

  private Connection connect(boolean writes) throws SQLException {
    Properties settings = new Properties();
    settings.setProperty("busy_timeout", Integer.toString(busyMillis));
    settings.setProperty("journal_mode", "WAL");
    settings.setProperty("synchronous", "FULL");
    settings.setProperty("foreign_keys", "true");
    settings.setProperty("transaction_mode", writes ? "IMMEDIATE" : "DEFERRED");
    return DriverManager.getConnection("jdbc:sqlite:" + file, settings);
  }

  /**
   * Runs work that writes, alone, in one transaction: all of it is kept, or nothing.
   *
   * @throws SQLException when nothing was kept
   */
  public <T extends @Nullable Object> T write(Work<T> work) throws SQLException {
    writing.lock();
    try {
      Connection connection = writer;
      if (connection == null) {
        refuseWhenClosed();
        connection = connect(/* writes= */ true);
        writer = connection;
      }
      boolean done = false;
      try {
        T result = transaction(connection, work);
        done = true;
        return result;
      } finally {
        if (!done) {
          // A connection whose transaction failed is not trusted with another one.
          writer = null;
          closeQuietly(connection);
        }
      }
    } finally {
      writing.unlock();
    }
  }

  /** Runs work that only reads; it sees the store as it is at its first statement. */
  public <T extends @Nullable Object> T read(Work<T> work) throws SQLException {
    refuseWhenClosed();
    Connection kept = readers.poll();
    Connection connection = kept == null ? connect(/* writes= */ false) : kept;
    boolean done = false;
    try {
      T result = transaction(connection, work);
      done = true;
      return result;
    } finally {
      if (done && !closed && readers.size() < READERS_KEPT) {
        readers.add(connection);
      } else {
        closeQuietly(connection);
      }
    }
  }

  /** One row of what a query finds, as an object. */
  @FunctionalInterface
  public interface Form<R extends @Nullable Object> {
    R of(ResultSet row) throws SQLException;
  }

  /** What a query finds, in a transaction of its own; its values are texts and longs. */
  public <R> List<R> list(String sql, Form<R> form, Object... values) throws SQLException {
    return read(connection -> list(connection, sql, form, values));
  }

  /** What a query finds inside of a transaction; its values are texts and longs. */
  public static <R> List<R> list(Connection connection, String sql, Form<R> form, Object... values)
      throws SQLException {
    List<R> list = new ArrayList<>();
    try (PreparedStatement statement = prepare(connection, sql, values);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        list.add(form.of(rows));
      }
    }
    return list;
  }

  /** Runs a statement inside of a transaction; says how many rows it changed. */
  public static int update(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql, values)) {
      return statement.executeUpdate();
    }
  }

  private static PreparedStatement prepare(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof Long number) {
        statement.setLong(i + 1, number);
      } else {
        statement.setString(i + 1, (String) values[i]);
      }
    }
    return statement;
  }

  /** The driver begins a transaction when this mode is on, so it is on during the work alone. */
  private static <T extends @Nullable Object> T transaction(Connection connection, Work<T> work)
      throws SQLException {
    connection.setAutoCommit(false);
    T result = work.run(connection);
    connection.commit();
    connection.setAutoCommit(true);
    return result;
  }

  private void refuseWhenClosed() throws SQLException {
    if (closed) {
      throw new SQLException("the store " + file + " is closed");
    }
  }

  /**
   * Reads steps for {@link #migrate} from files that lie beside a class, a file a step. A statement
   * ends with a semicolon at the end of its line.
   */
  public static List<List<String>> steps(Class<?> beside, String... files) {
    List<List<String>> steps = new ArrayList<>();
    for (String file : files) {
      try (InputStream in = Objects.requireNonNull(beside.getResourceAsStream(file), file)) {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        steps.add(List.of(text.strip().split(";\\R", -1)));
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
    return steps;
  }

  /**
   * Brings the tables of one room up to date.
   *
   * @param steps one or more statements for each version, the first makes version 1; steps are
   *     added and never changed
   * @throws SQLException when a newer version of the program has written the tables, or when a step
   *     fails, and then nothing was changed
   */
  public void migrate(String room, List<List<String>> steps) throws SQLException {
    write(connection -> {
      int version = version(connection, room);
      if (version > steps.size()) {
        throw new SQLException(
            "the store "
                + file
                + " was written by a newer RunSpace ("
                + room
                + " has version "
                + version
                + ", this one knows "
                + steps.size()
                + "). Start the newer one, or restore a backup.");
      }
      try (Statement statement = connection.createStatement()) {
        for (List<String> step : steps.subList(version, steps.size())) {
          for (String sql : step) {
            statement.executeUpdate(sql);
          }
        }
      }
      return version == steps.size() ? 0 : setVersion(connection, room, steps.size());
    });
  }

  private static int version(Connection connection, String room) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT version FROM schema_version WHERE room = ?")) {
      statement.setString(1, room);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? rows.getInt(1) : 0;
      }
    }
  }

  private static int setVersion(Connection connection, String room, int version)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO schema_version (room, version) VALUES (?, ?)"
                + " ON CONFLICT (room) DO UPDATE SET version = excluded.version")) {
      statement.setString(1, room);
      statement.setInt(2, version);
      return statement.executeUpdate();
    }
  }

  /**
   * Copies the store, as it is at one moment, into a new file that only its owner can read. Writers
   * do not wait for it.
   *
   * @throws SQLException when the file exists or cannot be written; none is left behind
   */
  public void backUp(Path to) throws SQLException {
    try {
      Files.createFile(
          to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (IOException cannot) {
      throw new SQLException("the backup " + to + " cannot be made: " + cannot, cannot);
    }
    boolean done = false;
    try (Connection connection = connect(/* writes= */ false)) {
      try (PreparedStatement statement = connection.prepareStatement("VACUUM INTO ?")) {
        statement.setString(1, to.toString());
        statement.execute();
        done = true;
      }
    } finally {
      if (!done) {
        deleteQuietly(to);
      }
    }
  }

  /** What the store's own check finds wrong with it; empty when it is sound. */
  public List<String> problems() throws SQLException {
    return read(connection -> {
      List<String> problems = new ArrayList<>();
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("PRAGMA integrity_check")) {
        while (rows.next()) {
          problems.add(rows.getString(1));
        }
      }
      problems.remove("ok");
      return problems;
    });
  }

  @Override
  public void close() {
    writing.lock();
    try {
      closed = true;
      for (Connection reader = readers.poll(); reader != null; reader = readers.poll()) {
        closeQuietly(reader);
      }
      // Last, so that it is this one that folds the log into the file.
      if (writer != null) {
        closeQuietly(writer);
        writer = null;
      }
    } finally {
      writing.unlock();
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException gone) {
      System.getLogger(Db.class.getName()).log(System.Logger.Level.DEBUG, "close", gone);
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
