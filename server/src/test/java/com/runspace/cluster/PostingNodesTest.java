package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Db;
import com.runspace.cluster.LeaseStore.Fenced;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import com.runspace.testkit.Heard;
import com.runspace.testkit.Postgres;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node that posts while another process gives it up, which is so where nodes share a store. */
@Timeout(60)
class PostingNodesTest {
  private static final Subject DAY = new Subject("account a", 20_000);
  private static final String WAITING =
      "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
          + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

  private final AtomicLong charged = new AtomicLong();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch done = new CountDownLatch(1);

  @Test
  void aNodeIsNotGivenUpInTheMiddleOfItsPosting() throws Exception {
    try (Db db = Db.postgres(Postgres.freshDatabase())) {
      Node node = new NodeTable(db).register("6f1e3f0e-0000-4000-8000-000000000001", "one");
      LeaseTable leases = new LeaseTable(db, node);
      leases.settle(List.of(new Wish(DAY, 100, 0, 0, 60, 60, 1, false)));
      expire(db);
      CompletableFuture<Integer> posting =
          CompletableFuture.supplyAsync(() -> post(db, leases), Thread::startVirtualThread);
      begun.await();
      CompletableFuture<Integer> forgetting =
          CompletableFuture.supplyAsync(() -> forget(db, node), Thread::startVirtualThread);
      Heard.await("that it waits for the posting", () -> number(db, WAITING) > 0);
      assertThat(forgetting).isNotDone();
      done.countDown();
      assertThat(posting.get()).isZero();
      assertThat(forgetting.get()).isOne();
      assertThat(number(db, "SELECT leased FROM lease_total"))
          .as("what was being posted is not given back")
          .isEqualTo(40);
      assertThatThrownBy(() ->
              db.writeBeside(connection -> {
                leases.check(connection);
                return 0;
              }))
          .isInstanceOf(Fenced.class);
    }
  }

  private static void expire(Db db) throws SQLException {
    db.write(connection ->
        Db.update(connection, "UPDATE node SET expires_at = ?", db.nowMillis(connection) - 1));
  }

  /** A transaction that has found its epoch to be good, and charges 40 at its end. */
  private int post(Db db, LeaseTable leases) {
    try {
      return db.writeBeside(connection -> {
        leases.check(connection);
        begun.countDown();
        try {
          done.await();
        } catch (InterruptedException stopped) {
          throw new SQLException(stopped);
        }
        charged.set(40);
        return 0;
      });
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private int forget(Db db, Node node) {
    try {
      return new NodeTable(db).release(node, (_, _) -> charged.get(), true);
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static long number(Db db, String sql) {
    try {
      return db.list(sql, row -> row.getLong(1)).getFirst();
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }
}
