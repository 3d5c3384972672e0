package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.cluster.Cluster;
import com.runspace.cluster.Leases;
import com.runspace.cluster.Node;
import com.runspace.cluster.NodeTable;
import com.runspace.journal.Journal;
import com.runspace.journal.Samples;
import com.runspace.ledger.LedgerTable;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.testkit.Heard;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of nodes that are gone, and of those that only seem to be. */
@Timeout(60)
class NodeCommandTest {
  private static final Day DAY = Day.ofEpochMillis(Samples.NOW);
  private static final String OF_DAY = "account " + Samples.ACCOUNT.value();
  private static final String UNKNOWN = "6f1e3f0e-0000-4000-8000-000000000001";

  /** What ten calls are charged of which each costs its number. */
  private static final long CHARGED = 55;

  /** A part of the account's day of 1,000 that nobody gives back. */
  private static final class Kept implements Share {
    private final AtomicLong amount = new AtomicLong();

    @Override
    public String subject() {
      return OF_DAY;
    }

    @Override
    public long day() {
      return DAY.epochDay();
    }

    @Override
    public long limit() {
      return 1_000;
    }

    @Override
    public long amount() {
      return amount.get();
    }

    @Override
    public long used() {
      return 0;
    }

    @Override
    public void grow(long by) {
      amount.addAndGet(by);
    }

    @Override
    public long shrink(long keep) {
      return amount.get();
    }
  }

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private final Printed out = new Printed();
  private final List<String> lines = out.lines;
  private final List<String> asides = out.asides;
  private final List<Long> pauses = new ArrayList<>();
  private Db db;
  private NodeCommand command;

  @BeforeEach
  void open() throws SQLException {
    db = Db.postgres(Postgres.freshDatabase());
    command = new NodeCommand(db, time, this::pass);
  }

  @AfterEach
  void close() {
    db.close();
  }

  private int run(String... words) {
    lines.clear();
    asides.clear();
    pauses.clear();
    return command.run(List.of(words), out);
  }

  /** The clock of the store is that of the machine, so it is the leases that become older. */
  private void pass(long millis) {
    pauses.add(millis);
    try {
      var _ =
          db.write(connection ->
              Db.update(
                  connection,
                  "UPDATE node SET expires_at = expires_at - CAST(? AS BIGINT)",
                  millis));
    } catch (SQLException fault) {
      throw new AssertionError(fault);
    }
  }

  private void assertWaitedForLeases() {
    assertThat(pauses).allSatisfy(each -> assertThat(each).isBetween(1L, 60_000L));
    long waited = pauses.stream().mapToLong(each -> each).sum();
    assertThat(waited).isBetween(Leases.LEASE_MILLIS - 60_000, Leases.LEASE_MILLIS);
    assertThat(asides).hasSameSizeAs(pauses);
    assertThat(asides.getFirst())
        .matches(
            "node 1 may use what it has for another \\d{3} s\\."
                + " Waiting; the same command goes on later");
  }

  private Node node(long number) {
    try {
      return new NodeTable(db)
          .list().stream().filter(each -> each.number() == number).findFirst().orElseThrow();
    } catch (SQLException fault) {
      throw new AssertionError(fault);
    }
  }

  private Cluster join(Path data) throws SQLException, IOException {
    Files.createDirectories(data);
    return Cluster.join(db, data.resolve("node"), "machine-a", time, Randomness.secure());
  }

  /** A node that had leased 600 of the day, and went down with calls in its journal. */
  private Path dead(String name) throws Exception {
    Path data = folder.resolve(name);
    Cluster cluster = join(data);
    cluster.start();
    Kept share = new Kept();
    assertThat(cluster.leases().want(share, 600, 600)).isInstanceOf(Shares.Answer.Coming.class);
    Heard.await("a lease", () -> share.amount() == 600);
    cluster.close();
    Path folder = Files.createDirectory(data.resolve("journal"));
    Journal journal = new Journal(folder, Samples.plan(1 << 16), time, 0);
    Journal.Writer writer = journal.newWriter();
    for (int i = 1; i <= 11; i++) {
      Journal.Place place = Objects.requireNonNull(writer.admit(Samples.admitted(i, 100)));
      if (i <= 10) {
        writer.settle(place, Samples.settled(Samples.admitted(i, 100), i));
      }
    }
    writer.flush();
    journal.close();
    return data;
  }

  private static List<Path> segments(Path data) throws IOException {
    try (var files = Files.list(data.resolve("journal"))) {
      return files.filter(file -> !file.getFileName().toString().equals("segments")).toList();
    }
  }

  /** The calls of the account and what they were charged. */
  private void assertPosted(long calls, long charge) throws SQLException {
    List<Usage> usage = new LedgerTable(db, 9, _ -> {}).usage(Samples.ACCOUNT, DAY, DAY, Set.of());
    if (calls == 0) {
      assertThat(usage).isEmpty();
    } else {
      assertThat(usage.getFirst().calls()).isEqualTo(calls);
      assertThat(usage.getFirst().charge()).isEqualTo(new Nanos(charge));
    }
    assertThat(db.list("SELECT COALESCE(SUM(charge), 0) FROM call", row -> row.getLong(1)))
        .containsExactly(charge);
  }

  private void assertLeased(long amount) throws SQLException {
    assertThat(db.list("SELECT amount FROM lease", row -> row.getLong(1))).containsExactly(amount);
    assertThat(db.list("SELECT leased FROM lease_total", row -> row.getLong(1)))
        .containsExactly(amount);
  }

  @Test
  void wordsThatItDoesNotKnowPrintTheUsage() {
    List<List<String>> unknown =
        List.of(
            List.of(),
            List.of("help"),
            List.of("list", "all"),
            List.of("adopt"),
            List.of("adopt", "a", "b"),
            List.of("forget"));
    for (List<String> words : unknown) {
      assertThat(run(words.toArray(String[]::new))).as("%s", words).isEqualTo(2);
      assertThat(lines).isEmpty();
      assertThat(asides).hasSize(1);
      assertThat(asides.getFirst()).contains("node list ", "node adopt DIR ", "node forget UUID ");
    }
  }

  @Test
  void theListSaysWhoIsThereAndWhoIsGone() throws Exception {
    assertThat(run("list")).isZero();
    assertThat(lines).isEmpty();
    for (String name : List.of("one", "two", "three")) {
      join(folder.resolve(name));
    }
    pass(Leases.LEASE_MILLIS);
    assertThat(run("forget", node(2).id())).isZero();
    join(folder.resolve("three"));
    assertThat(run("list")).isZero();
    assertThat(lines).hasSize(3);
    String end = "  machine-a             \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ  ";
    assertThat(lines.get(0)).matches(" {3}1 {2}gone     " + end + node(1).id());
    assertThat(lines.get(1)).matches(" {3}2 {2}forgotten" + end + node(2).id());
    assertThat(lines.get(2)).matches(" {3}3 {2}live     " + end + node(3).id());
    assertThat(asides).isEmpty();
  }

  @Test
  void whatADeadNodeHadIsPostedOnceAndTheRestGoesBack() throws Exception {
    Path data = dead("one");
    assertLeased(600);
    assertThat(run("adopt", data.toString())).isZero();
    assertThat(lines)
        .containsExactly(
            "the journal in " + data + " is posted; nothing of it is left to lose",
            "node 1 has given back what it did not use of 1 limits");
    assertWaitedForLeases();
    assertPosted(11, CHARGED);
    assertLeased(CHARGED);
    assertThat(segments(data)).isEmpty();
    assertThat(run("adopt", data.toString())).as("once more").isZero();
    assertThat(lines.getLast()).isEqualTo("node 1 has given back what it did not use of 0 limits");
    assertThat(pauses).as("it had ended").isEmpty();
    assertPosted(11, CHARGED);
    assertLeased(CHARGED);
    assertThat(new NodeTable(db).list()).hasSize(1);
  }

  @Test
  void whatIsDamagedInTheJournalIsKeptAndSaid() throws Exception {
    Path data = dead("one");
    for (Path segment : segments(data)) {
      byte[] bytes = Files.readAllBytes(segment);
      bytes[20] ^= 1; // In its head: each record can still be read.
      Files.write(segment, bytes);
    }
    assertThat(run("adopt", data.toString())).isZero();
    Path damaged = data.resolve("journal/damaged");
    assertThat(lines.getFirst())
        .endsWith(" is posted as far as it can be read; what is damaged stays in " + damaged);
    assertThat(damaged).isNotEmptyDirectory();
    assertPosted(11, CHARGED);
  }

  @Test
  void beforeItsLeasesHaveRunOutNothingIsPosted() throws Exception {
    Path data = dead("one");
    command =
        new NodeCommand(
            db,
            time,
            _ -> {
              throw new InterruptedException("the operator does not wait");
            });
    assertThat(run("adopt", data.toString())).isEqualTo(1);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(node(1).epoch()).as("it may still post by itself").isOne();
    assertPosted(0, 0);
    assertLeased(600);
    command = new NodeCommand(db, time, this::pass);
    assertThat(run("adopt", data.toString())).isZero();
    assertPosted(11, CHARGED);
    assertLeased(CHARGED);
  }

  @Test
  void aCopyOfTheFolderOfANodeThatLivesIsNotAdopted() throws Exception {
    Path data = dead("one");
    // Time passes, and it renews its leases.
    command = new NodeCommand(db, time, millis -> pass(-millis));
    assertThat(run("adopt", data.toString())).isEqualTo(1);
    assertThat(asides.getLast())
        .isEqualTo("node 1 lives, it has renewed its leases. Stop it first");
    assertThat(node(1).epoch()).isOne();
    assertPosted(0, 0);
  }

  @Test
  void aFolderThatIsInUseIsNotAdopted() throws Exception {
    Path data = dead("one");
    try (DataFolder living = DataFolder.open(data)) {
      living.sayHolder("process 4711");
      assertThat(run("adopt", data.toString())).isEqualTo(5);
    }
    assertThat(asides).hasSize(1);
    assertThat(asides.getFirst()).contains("is in use by another RunSpace (process 4711)");
    assertThat(node(1).epoch()).as("the living one may still write").isOne();
    assertThat(segments(data)).isNotEmpty();
    assertPosted(0, 0);
  }

  @Test
  void aFolderOfNoNodeIsNotAdopted() throws Exception {
    Path missing = folder.resolve("missing");
    assertThat(run("adopt", missing.toString())).isEqualTo(2);
    assertThat(asides)
        .containsExactly(
            missing + " is no data folder of a node: there is no file named node in it");
    assertThat(missing).doesNotExist();
    assertThat(run("adopt", folder.toString())).isEqualTo(2);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFolderOfAnotherStoreIsNotAdopted() throws Exception {
    Path data = dead("one");
    try (Db other = Db.postgres(Postgres.freshDatabase())) {
      NodeCommand there = new NodeCommand(other, time, this::pass);
      assertThat(there.run(List.of("adopt", data.toString()), out)).isEqualTo(2);
      assertThat(new NodeTable(other).list()).isEmpty();
    }
    assertThat(asides)
        .containsExactly(
            "the store has no node with the UUID in "
                + data.resolve("node")
                + ": it is of another store. Nothing was posted");
    assertThat(segments(data)).isNotEmpty();
    assertThat(run("adopt", data.toString())).isZero();
    assertPosted(11, CHARGED);
  }

  @Test
  void whatAForgottenNodeHadNotPostedIsChargedToNobody() throws Exception {
    Path data = dead("one");
    assertThat(run("forget", node(1).id())).isZero();
    assertThat(lines)
        .containsExactly("node 1 has given back what it did not use of 1 limits, and is forgotten");
    assertWaitedForLeases();
    assertLeased(0);
    assertThat(node(1).isForgotten()).isTrue();
    assertThat(run("adopt", data.toString())).as("its disk is found").isEqualTo(1);
    assertThat(asides.getFirst()).contains(node(1).id(), "was given up with `node forget`");
    assertThat(segments(data)).isNotEmpty();
    assertPosted(0, 0);
    assertThat(run("forget", node(1).id())).as("once more").isZero();
    assertThat(pauses).isEmpty();
  }

  @Test
  void aNodeThatIsUnknownCannotBeForgotten() {
    assertThat(run("forget", UNKNOWN)).isEqualTo(2);
    assertThat(asides)
        .containsExactly("there is no node " + UNKNOWN + "; `runspace node list` shows them");
  }

  @Test
  void aNodeThatLivesIsNotForgotten() throws Exception {
    try (Cluster cluster = join(folder.resolve("one"))) {
      cluster.start();
      command =
          new NodeCommand(
              db,
              time,
              millis -> {
                long before = node(1).expiresMillis();
                time.advance(Duration.ofMillis(millis));
                Heard.await("its renewal", () -> node(1).expiresMillis() > before);
              });
      assertThat(run("forget", node(1).id())).isEqualTo(1);
      assertThat(lines).isEmpty();
      assertThat(asides).hasSize(2);
      assertThat(asides.getLast())
          .isEqualTo("node 1 lives, it has renewed its leases. Stop it first");
      assertThat(node(1).isForgotten()).isFalse();
      assertThat(node(1).epoch()).isOne();
    }
  }
}
