package com.runspace.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The store: SQLite in a file, or a PostgreSQL that several nodes share. One connection that writes
 * and a few that read, each piece of work in a transaction of its own. Everything here blocks, so
 * nothing here is for an event loop. Safe to share.
 */
public final class Db implements AutoCloseable {
  /** Work on a connection inside of a transaction. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private static final String EVERYTHING = "everything";
  private static final int KEPT = 4;
  private static final int ATTEMPTS = 5;
  private static final long FRESH_NANOS = 1_000_000_000L;

  /** A connection that nobody uses just now. */
  private record Idle(Connection connection, long sinceNanos) {}

  private final Engine engine;
  private final ReentrantLock writing = new ReentrantLock();
  private final ConcurrentLinkedDeque<Idle> readers = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<Idle> others = new ConcurrentLinkedDeque<>();

  /** One at the most. */
  private final ConcurrentLinkedDeque<Idle> writer = new ConcurrentLinkedDeque<>();

  private volatile boolean closed;

  private Db(Engine engine) {
    this.engine = engine;
  }

  /**
   * Opens the store in a file, which is made when there is none.
   *
   * @param busy how long to wait for another process that holds the file
   * @throws SQLException when it cannot be opened; the message names the file
   */
  public static Db sqlite(Path file, Duration busy) throws SQLException {
    Engine.Sqlite.prepareNativeFolder(file.toAbsolutePath().resolveSibling("native"));
    return opened(new Engine.Sqlite(file, Math.toIntExact(busy.toMillis())));
  }

  /**
   * Opens a store that other nodes may use as well.
   *
   * @param url {@code jdbc:postgresql://host:port/database?user=…&password=…}
   * @throws SQLException when it cannot be used; the message names it, without what follows the ?
   */
  public static Db postgres(String url) throws SQLException {
    return opened(Engine.Postgres.of(url));
  }

  private static Db opened(Engine engine) throws SQLException {
    Db db = new Db(engine);
    boolean done = false;
    try {
      db.write(connection ->
          update(
              connection,
              "CREATE TABLE IF NOT EXISTS schema_version"
                  + " (room VARCHAR(40) PRIMARY KEY, version INTEGER NOT NULL)"));
      done = true;
      return db;
    } catch (SQLException cannot) {
      throw new SQLException(
          "the store " + engine.name() + " cannot be used: " + cannot.getMessage(), cannot);
    } finally {
      if (!done) {
        db.close();
      }
    }
  }

  /** Whether other nodes may use the store at the same time. */
  public boolean isShared() {
    return engine.isShared();
  }

  /** The store's name for operators; it has no secret. */
  public String name() {
    return engine.name();
  }

  /** A connection of its own for somebody who keeps it; it is the caller's to close. */
  public Connection apart() throws SQLException {
    return engine.connect(/* writes= */ true);
  }

  /**
   * Runs work that writes in one transaction: all of it is kept, or nothing. No other such work
   * runs at the same time, on this node or another; it is done again as {@link #writeBeside} is.
   *
   * @throws SQLException when nothing was kept
   */
  public <T extends @Nullable Object> T write(Work<T> work) throws SQLException {
    writing.lock();
    try {
      return undisturbed(
          writer,
          within -> {
            alone(within, EVERYTHING);
            return work.run(within);
          });
    } finally {
      writing.unlock();
    }
  }

  /**
   * Runs work that writes in one transaction, beside other work that does: for statements that bear
   * that. It is done again from its beginning when it only met other work.
   *
   * @throws SQLException when nothing was kept
   */
  public <T extends @Nullable Object> T writeBeside(Work<T> work) throws SQLException {
    return engine.isShared() ? undisturbed(others, work) : write(work);
  }

  private <T extends @Nullable Object> T undisturbed(
      ConcurrentLinkedDeque<Idle> connections, Work<T> work) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return on(connections, /* writes= */ true, work);
      } catch (SQLException fault) {
        if (attempt == ATTEMPTS || !engine.isConflict(fault)) {
          throw fault;
        }
      }
    }
  }

  /** Runs work that only reads; it sees what is committed. */
  public <T extends @Nullable Object> T read(Work<T> work) throws SQLException {
    return on(readers, /* writes= */ false, work);
  }

  private <T extends @Nullable Object> T on(
      ConcurrentLinkedDeque<Idle> kept, boolean writes, Work<T> work) throws SQLException {
    refuseWhenClosed();
    Connection free = idle(kept);
    Connection connection = free == null ? engine.connect(writes) : free;
    boolean done = false;
    try {
      T result = transaction(connection, work);
      done = true;
      return result;
    } catch (SQLException fault) {
      if (engine.isLoss(fault)) {
        closeAll(readers);
        closeAll(others);
      }
      throw fault;
    } finally {
      // A connection whose transaction failed is not trusted with another one.
      if (done && !closed && kept.size() < KEPT) {
        kept.push(new Idle(connection, System.nanoTime()));
      } else {
        closeQuietly(connection);
      }
    }
  }

  /** The one that was used last; one that has lain for a while is asked whether it still works. */
  private @Nullable Connection idle(ConcurrentLinkedDeque<Idle> kept) {
    for (Idle idle = kept.poll(); idle != null; idle = kept.poll()) {
      boolean fresh = System.nanoTime() - idle.sinceNanos < FRESH_NANOS;
      if (fresh || engine.isAlive(idle.connection)) {
        return idle.connection;
      }
      closeQuietly(idle.connection);
    }
    return null;
  }

  /** Makes other work that asks for the same lock wait until this transaction has ended. */
  public void alone(Connection connection, String lock) throws SQLException {
    engine.lock(connection, lock.hashCode());
  }

  /** The store's own clock, in milliseconds since the epoch. */
  public long nowMillis(Connection connection) throws SQLException {
    return list(connection, "SELECT " + engine.clock(), row -> row.getLong(1)).getFirst();
  }

  /**
   * Tells all nodes something when the transaction is committed, this one too; where no other node
   * can be, nobody is told.
   *
   * @param topic what it is about, a word
   */
  public void announce(Connection connection, String topic, String text) throws SQLException {
    engine.announce(connection, topic + ' ' + text);
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
      throw new SQLException("the store " + engine.name() + " is closed");
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
                + engine.name()
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
            statement.executeUpdate(engine.schema(sql));
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
    engine.backUp(to);
  }

  /** What the store's own check finds wrong with it; empty when it is sound. */
  public List<String> problems() throws SQLException {
    return read(engine::problems);
  }

  @Override
  public void close() {
    writing.lock();
    try {
      closed = true;
      closeAll(readers);
      closeAll(others);
      // Last, so that it is this one that folds the log into the file.
      closeAll(writer);
    } finally {
      writing.unlock();
    }
  }

  private static void closeAll(ConcurrentLinkedDeque<Idle> connections) {
    for (Idle one = connections.poll(); one != null; one = connections.poll()) {
      closeQuietly(one.connection);
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException gone) {
      System.getLogger(Db.class.getName()).log(System.Logger.Level.DEBUG, "close", gone);
    }
  }
}
