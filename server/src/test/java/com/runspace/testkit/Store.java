package com.runspace.testkit;

import com.runspace.base.Db;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The kinds of stores that there are; what a table promises has to hold on each. */
public enum Store {
  /** A file in the folder. */
  SQLITE {
    @Override
    public Db open(Path folder) throws SQLException {
      return Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1));
    }

    @Override
    public String content(Path folder) {
      StringBuilder disk = new StringBuilder();
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          disk.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return disk.toString();
    }
  },

  /** A database of its own for each folder. */
  POSTGRES {
    @Override
    public Db open(Path folder) throws SQLException {
      return Db.postgres(ADDRESSES.computeIfAbsent(folder, _ -> Postgres.freshDatabase()));
    }

    @Override
    public String content(Path folder) throws SQLException {
      StringBuilder rows = new StringBuilder();
      String url = ADDRESSES.getOrDefault(folder, "");
      try (Connection connection = DriverManager.getConnection(url)) {
        List<String> tables =
            Db.list(
                connection,
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
                row -> row.getString(1));
        for (String table : tables) {
          String sql = "SELECT CAST(one AS TEXT) FROM " + table + " one";
          rows.append(Db.list(connection, sql, row -> row.getString(1)));
        }
      }
      return rows.toString();
    }
  };

  private static final Map<Path, String> ADDRESSES = new ConcurrentHashMap<>();

  /** Opens the store that belongs to a folder, which is a new one for a new folder. */
  public abstract Db open(Path folder) throws SQLException;

  /** All that is in it, as somebody would find who got at its disk. */
  public abstract String content(Path folder) throws SQLException;
}
