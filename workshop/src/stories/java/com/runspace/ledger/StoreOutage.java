package com.runspace.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** Somebody else who writes into the store and does not come to an end. */
final class StoreOutage {
  private final Path file;
  private @Nullable Connection other;

  StoreOutage(Path file) {
    this.file = file;
  }

  boolean isOut() {
    return other != null;
  }

  /** Begins an outage, or ends it; says whether there is one now. */
  boolean toggle() throws SQLException {
    if (other != null) {
      end();
      return false;
    }
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
    }
    other = connection;
    return true;
  }

  void end() throws SQLException {
    if (other != null) {
      other.close();
      other = null;
    }
  }
}
