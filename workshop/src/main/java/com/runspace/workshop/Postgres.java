package com.runspace.workshop;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL on a loopback port, with its data in a folder, that can be stopped, started
 * again and held still. It writes to the disk as in earnest. Runs as root, too.
 */
final class Postgres implements AutoCloseable {
  /** A row as the program that asks wants to have it. */
  @FunctionalInterface
  interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  private static final String DATABASE = "runspace";

  // It tells each line of the server's log. Kept here, or its level would be forgotten.
  private static final Logger ITS_LOG = Logger.getLogger("io.zonky.test.db.postgres");

  private final Path data;
  private int port;
  private @Nullable EmbeddedPostgres server;
  private volatile boolean paused;

  private Postgres(Path data) {
    this.data = data;
  }

  /** Starts a server with an empty database, its data in a new folder in there. */
  static Postgres start(Path folder) throws IOException {
    ITS_LOG.setLevel(Level.OFF);
    Postgres postgres = new Postgres(folder.resolve("postgres"));
    // Who is held still cannot be stopped either, which is what the program's end does.
    Runtime.getRuntime().addShutdownHook(new Thread(postgres::letGoOn));
    Path work = folder.resolve("postgres-program");
    System.setProperty("ot.epg.working-dir", work.toString());
    postgres.begin();
    postgres.run("postgres", "CREATE DATABASE " + DATABASE);
    postgres.run(DATABASE, "CREATE EXTENSION pg_stat_statements");
    return postgres;
  }

  /** Starts it again, on the port that it had, with all that was committed. */
  void begin() throws IOException {
    server =
        EmbeddedPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setPort(port)
            .setPGStartupWait(Duration.ofSeconds(60))
            .setServerConfig("listen_addresses", "127.0.0.1")
            .setServerConfig("max_connections", "100")
            .setServerConfig("shared_buffers", "256MB")
            .setServerConfig("max_wal_size", "1GB")
            .setServerConfig("fsync", "on")
            .setServerConfig("shared_preload_libraries", "pg_stat_statements")
            .start();
    port = server.getPort();
  }

  /** Ends it at once; who is connected is cut off, and nobody answers at its port. */
  void stop() throws IOException {
    letGoOn();
    EmbeddedPostgres running = server;
    server = null;
    if (running != null) {
      running.close();
    }
  }

  /** Holds all its processes still, which to others looks as if the network had gone. */
  void pause() throws IOException, InterruptedException {
    paused = true;
    signal("-STOP");
  }

  /** Lets it go on after {@link #pause}. */
  void resume() throws IOException, InterruptedException {
    signal("-CONT");
    paused = false;
  }

  private void letGoOn() {
    if (paused) {
      try {
        resume();
      } catch (IOException gone) {
        // It does not run any more.
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void signal(String name) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("kill", name));
    family().forEach(process -> words.add(Long.toString(process.pid())));
    int code = new ProcessBuilder(words).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IOException("kill " + name + " ended with " + code);
    }
  }

  private Stream<ProcessHandle> family() throws IOException {
    long pid = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
    ProcessHandle first =
        ProcessHandle.of(pid).orElseThrow(() -> new IOException("PostgreSQL does not run"));
    return Stream.concat(Stream.of(first), first.descendants());
  }

  /** User and system time so far, in microseconds, of all its processes, ended ones too. */
  long cpuMicros() throws IOException {
    return ProcessFigures.familyCpuMicros(family().map(ProcessHandle::pid).toList());
  }

  /** Its address for a gateway. */
  String url() {
    return url(DATABASE);
  }

  private String url(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(port, database);
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  /** Runs a statement on a connection of its own. */
  void run(String sql) throws IOException {
    run(DATABASE, sql);
  }

  private void run(String database, String sql) throws IOException {
    try (Connection connection = DriverManager.getConnection(url(database));
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    } catch (SQLException e) {
      throw new IOException("PostgreSQL: " + e.getMessage(), e);
    }
  }

  /** All rows of a query, of one moment, on a connection of its own. */
  <T> List<T> list(String sql, Row<T> each) throws IOException {
    try (Connection connection = connect()) {
      return list(connection, sql, each);
    } catch (SQLException e) {
      throw new IOException("PostgreSQL: " + e.getMessage(), e);
    }
  }

  static <T> List<T> list(Connection connection, String sql, Row<T> each) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet rows = statement.executeQuery()) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(each.of(rows));
      }
      return all;
    }
  }

  /** The first number of a query's only row. */
  long number(String sql) throws IOException {
    return list(sql, row -> row.getLong(1)).getFirst();
  }

  @Override
  public void close() throws IOException {
    stop();
  }
}
