package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Postgres;
import com.runspace.testkit.Request;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole gateway as one node of several, on a real PostgreSQL. */
class SharedStoreTest extends EndToEnd {
  @TempDir private Path data;

  @Test
  void aNodeInWhosePlaceAnotherProcessGoesOnIsNotReady() throws SQLException {
    String url = Postgres.freshDatabase();
    String settings = "store: {url: \"%s\"}\nlog: {calls: false}".formatted(url);
    start(RunningGateway.before(upstream).data(data).more(settings));
    callThatGoesWell();
    assertThat(call(Request.get("/readyz")).status()).isEqualTo(200);
    String limited =
        gateway()
            .key(List.of("create", "--name", "limited", "--requests-per-minute", "60"))
            .getFirst();
    // What its next start would do, or a start with a copy of its folder.
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate("UPDATE node SET epoch = epoch + 1")).isOne();
    }
    // It learns it from the store, which this key needs.
    String body = "{\"model\":\"m\",\"messages\":" + MESSAGES + "}";
    refusal(call(Request.post(CHAT, body).bearer(limited)), 503);
    assertThat(call(Request.get("/readyz")).status()).isEqualTo(503);
    assertThat(call(Request.get("/healthz")).status()).isEqualTo(200);
  }
}
