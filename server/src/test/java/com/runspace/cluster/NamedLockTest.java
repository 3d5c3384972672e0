package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Db;
import com.runspace.testkit.Heard;
import com.runspace.testkit.Postgres;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NamedLockTest {
  @TempDir Path folder;

  @Test
  void oneNodeHoldsItUntilItGivesItUpOrItsConnectionDies() throws SQLException {
    String url = Postgres.freshDatabase();
    try (Db db = Db.postgres(url);
        NamedLock one = new NamedLock(db, "gate");
        NamedLock two = new NamedLock(db, "gate");
        NamedLock other = new NamedLock(db, "sweep")) {
      assertThat(one.holds()).isTrue();
      assertThat(two.holds()).isFalse();
      assertThat(other.holds()).isTrue();
      assertThat(one.holds()).isTrue();
      one.giveUp();
      Heard.await("a lock that was given up", two::holds);
      assertThat(one.holds()).isFalse();
      Postgres.run(
          url,
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
              + " AND pid <> pg_backend_pid()");
      Heard.await("a lock that its holder lost", one::holds);
      assertThat(two.holds()).isFalse();
    }
  }

  @Test
  void withoutOtherNodesItIsAlwaysHeld() throws SQLException {
    try (Db db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1));
        NamedLock one = new NamedLock(db, "gate");
        NamedLock two = new NamedLock(db, "gate")) {
      assertThat(one.holds()).isTrue();
      assertThat(two.holds()).isTrue();
    }
  }
}
