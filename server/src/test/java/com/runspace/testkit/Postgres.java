package com.runspace.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL on loopback, for root too. Tests share one, which is started when it is first
 * asked for and ends with the process; a test that stops its server starts one of its own.
 */
public final class Postgres implements AutoCloseable {
  /** A user who has to give {@link #PASSWORD}; the others need none. */
  public static final String LOCKED_USER = "locked";

  public static final String PASSWORD = "open%20sesame";

  private static final AtomicInteger LAST = new AtomicInteger();

  private final Path data;
  private int port;
  private @Nullable EmbeddedPostgres server;

  private Postgres(Path data) {
    this.data = data;
  }

  /** Is made when it is first used, and ends with the process. */
  private static final class Shared {
    static final Postgres SERVER = ofThisProcess();

    private static Postgres ofThisProcess() {
      try {
        Path folder = Files.createTempDirectory("runspace-tests");
        Postgres postgres = start(folder);
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(() -> {
                  postgres.close();
                  var _ = folder.toFile().delete();
                }));
        return postgres;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The address of a new, empty database of the server that all tests share. */
  public static String freshDatabase() {
    return Shared.SERVER.newDatabase();
  }

  /** Starts a server of the caller's own, which has its data in a new folder in there. */
  public static Postgres start(Path folder) {
    Postgres postgres = new Postgres(folder.resolve("postgres"));
    postgres.start();
    run(
        postgres.url("postgres"),
        "CREATE ROLE %s LOGIN SUPERUSER PASSWORD '%s'"
            .formatted(LOCKED_USER, PASSWORD.replace("%20", " ")));
    return postgres;
  }

  /** Starts it again, on the port that it had, with all that was committed. */
  public void start() {
    try {
      server =
          EmbeddedPostgres.builder()
              .setDataDirectory(data)
              .setCleanDataDirectory(false)
              .setRegisterShutdownHook(false)
              .setDataDirectoryCustomizer(Postgres::lock)
              .setPort(port)
              .setServerConfig("listen_addresses", "127.0.0.1")
              .setServerConfig("max_connections", "200")
              // No test cuts the power.
              .setServerConfig("fsync", "off")
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL does not start", e);
    }
    port = server.getPort();
  }

  private static void lock(File data) {
    Path rules = data.toPath().resolve("pg_hba.conf");
    try {
      String password = "host all " + LOCKED_USER + " all scram-sha-256\n";
      String all = Files.readString(rules);
      Files.writeString(rules, all.startsWith(password) ? all : password + all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops it: what is under way is cut off, and nobody answers at its port. */
  public void stop() {
    EmbeddedPostgres running = server;
    server = null;
    if (running != null) {
      try {
        running.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The address of a new, empty database. */
  public String newDatabase() {
    String name = "test_" + LAST.incrementAndGet();
    run(url("postgres"), "CREATE DATABASE " + name);
    return url(name);
  }

  /** The address of a database, for a user who needs no password. */
  public String url(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(port, database);
  }

  /** Runs a statement on a connection of its own, in the database of an address. */
  public static void run(String url, String sql) {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Stops it and deletes its data. */
  @Override
  public void close() {
    stop();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
