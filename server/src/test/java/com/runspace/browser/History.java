package com.runspace.browser;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Writes a month of use into the store, so that pictures of pages show what a holder sees later.
 */
final class History {
  private static final List<String> MODELS =
      List.of("llama-3.3-70b", "deepseek-v4", "kimi-k2", "gpt-oss-120b", "glm-5");

  private static final int DAYS = 29;

  private record Used(String account, String spender) {}

  private History() {}

  /** For the keys that were used today. */
  static void write(Path store) {
    Random random = new Random(7);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + store);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      long today = LocalDate.now(ZoneOffset.UTC).toEpochDay();
      for (Used used : used(statement)) {
        for (int day = 1; day <= DAYS; day++) {
          for (String model : MODELS) {
            if (random.nextInt(4) > 0) {
              write(connection, used, today - day, model, 20 + random.nextInt(400));
            }
          }
        }
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Used> used(Statement statement) throws SQLException {
    List<Used> all = new ArrayList<>();
    try (ResultSet rows =
        statement.executeQuery("SELECT DISTINCT account, spender FROM usage_day")) {
      while (rows.next()) {
        all.add(new Used(rows.getString(1), rows.getString(2)));
      }
    }
    return all;
  }

  private static void write(Connection connection, Used used, long day, String model, int calls)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO usage_day VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)")) {
      insert.setString(1, used.account());
      insert.setLong(2, day);
      insert.setString(3, used.spender());
      insert.setString(4, model);
      insert.setLong(5, calls);
      insert.setLong(6, calls * 2_130L);
      insert.setLong(7, calls * 310L);
      insert.setLong(8, calls * 420L);
      insert.setLong(9, calls * 1_912_345L);
      insert.executeUpdate();
    }
  }
}
