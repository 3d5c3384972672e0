package com.runspace.gate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import com.runspace.gate.GateTable.Found;
import com.runspace.gate.GateTable.News;
import com.runspace.gate.GateTable.Row;
import com.runspace.gate.Rounds.Round;
import com.runspace.testkit.OnEachStore;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GateTableTest extends OnEachStore {
  private static final String TOKEN = "eip155:1/0x" + "a".repeat(40);
  private static final Instant AT = Instant.parse("2026-11-22T10:00:00Z");
  private static final Address WALLET = new Address(Namespace.EIP155, "0x" + "1".repeat(40));
  private static final AccountId ANN = new AccountId("ann");
  private static final AccountId BEN = new AccountId("ben");
  private static final BigInteger MOST = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);

  private GateTable table;

  @BeforeEach
  void open() throws SQLException {
    table = new GateTable(db);
    table.take();
  }

  @Test
  void aRoundIsKeptWithItsRows() throws SQLException {
    Round later = table.addRound(TOKEN, AT.plusSeconds(9), 12, "0xcd", List.of());
    Round round = table.addRound(TOKEN, AT, 11, "0xab", List.of(row(0, WALLET, ANN, MOST)));
    table.addRound("another", AT, 1, "", List.of(row(0, WALLET, ANN, BigInteger.TWO)));
    assertThat(table.rounds(TOKEN)).containsExactly(round, later);
    assertThat(table.rows(TOKEN, Namespace.EIP155))
        .containsExactly(row(round.id(), WALLET, ANN, MOST));
    // A second opening finds the same.
    assertThat(new GateTable(db).rounds(TOKEN)).hasSize(2);
  }

  @Test
  void whoeverHadAWalletInARoundKeepsIt() throws SQLException {
    Round round = table.addRound(TOKEN, AT, 11, "0xab", List.of(row(0, WALLET, ANN, MOST)));
    Round empty = table.addRound(TOKEN, AT.plusSeconds(9), 12, "0xcd", List.of());
    table.fill(
        List.of(
            row(round.id(), WALLET, BEN, BigInteger.ONE),
            row(empty.id(), WALLET, BEN, BigInteger.TWO)));
    assertThat(table.rows(TOKEN, Namespace.EIP155))
        .containsExactlyInAnyOrder(
            row(round.id(), WALLET, ANN, MOST), row(empty.id(), WALLET, BEN, BigInteger.TWO));
  }

  @Test
  void anotherBlockCanTakeARoundsPlace() throws SQLException {
    Round round = table.addRound(TOKEN, AT, 11, "0xab", List.of(row(0, WALLET, ANN, MOST)));
    Round other = new Round(round.id(), AT, 11, "0xef");
    table.replace(other, List.of(row(0, WALLET, ANN, BigInteger.ONE)));
    assertThat(table.rounds(TOKEN)).containsExactly(other);
    assertThat(table.rows(TOKEN, Namespace.EIP155))
        .containsExactly(row(round.id(), WALLET, ANN, BigInteger.ONE));
  }

  @Test
  void oldRoundsAreDeletedWithTheirRows() throws SQLException {
    table.addRound(TOKEN, AT, 11, "0xab", List.of(row(0, WALLET, ANN, MOST)));
    Round kept =
        table.addRound(TOKEN, AT.plusSeconds(1), 12, "0xcd", List.of(row(0, WALLET, ANN, MOST)));
    table.deleteBefore(TOKEN, AT.plusSeconds(1));
    assertThat(table.rounds(TOKEN)).containsExactly(kept);
    assertThat(table.rows(TOKEN, Namespace.EIP155)).hasSize(1);
  }

  @Test
  void whatWasFoundIsReplaced() throws SQLException {
    table.saveFound(TOKEN, Map.of(ANN, new Found(MOST, AT), BEN, new Found(MOST, AT)));
    table.saveFound(TOKEN, Map.of(ANN, new Found(BigInteger.ONE, AT.plusSeconds(1))));
    assertThat(table.found(TOKEN))
        .containsOnly(
            Map.entry(ANN, new Found(BigInteger.ONE, AT.plusSeconds(1))),
            Map.entry(BEN, new Found(MOST, AT)));
    assertThat(table.found("another")).isEmpty();
  }

  @Test
  void theNewsAreWhatWasWrittenSince() throws SQLException {
    Round first = table.addRound(TOKEN, AT, 11, "0xab", List.of(row(0, WALLET, ANN, MOST)));
    table.saveFound(TOKEN, Map.of(ANN, new Found(MOST, AT)));
    News all = news(GateTable.NOTHING);
    assertThat(all.rounds()).containsExactly(first);
    assertThat(all.rows()).containsExactly(row(first.id(), WALLET, ANN, MOST));
    assertThat(all.found()).containsOnlyKeys(ANN);
    assertThat(table.news(TOKEN, Namespace.EIP155, all.version())).isNull();

    Row late = row(first.id(), new Address(Namespace.EIP155, "0x" + "2".repeat(40)), BEN, MOST);
    table.fill(List.of(late));
    News filled = news(all.version());
    assertThat(filled.rounds()).containsExactly(first);
    assertThat(filled.rows()).containsExactly(late);
    assertThat(filled.found()).isEmpty();

    Round other = new Round(first.id(), AT, 11, "0xef");
    table.replace(other, List.of(row(0, WALLET, ANN, BigInteger.ONE)));
    table.saveFound(TOKEN, Map.of(ANN, new Found(BigInteger.ONE, AT)));
    News replaced = news(filled.version());
    assertThat(replaced.rounds()).containsExactly(other);
    assertThat(replaced.rows()).containsExactly(row(first.id(), WALLET, ANN, BigInteger.ONE));
    assertThat(replaced.found()).containsOnlyKeys(ANN);

    table.deleteBefore(TOKEN, AT.plusSeconds(1));
    assertThat(news(replaced.version()).rounds()).isEmpty();
  }

  private News news(long since) throws SQLException {
    return requireNonNull(table.news(TOKEN, Namespace.EIP155, since));
  }

  @Test
  void whoHasLostTheTurnWritesNothing() throws SQLException {
    Round round = table.addRound(TOKEN, AT, 11, "0xab", List.of(row(0, WALLET, ANN, MOST)));
    table.saveFound(TOKEN, Map.of(ANN, new Found(MOST, AT)));
    GateTable another = new GateTable(db);
    refuses(() -> another.addRound(TOKEN, AT.plusSeconds(1), 12, "", List.of()));
    another.take();
    long version = news(GateTable.NOTHING).version();
    refuses(() -> table.addRound(TOKEN, AT.plusSeconds(1), 12, "", List.of()));
    refuses(() -> table.fill(List.of(row(round.id(), WALLET, BEN, MOST))));
    refuses(() -> table.replace(round, List.of()));
    refuses(() -> table.deleteBefore(TOKEN, AT.plusSeconds(1)));
    refuses(() -> table.saveFound(TOKEN, Map.of(BEN, new Found(MOST, AT))));
    assertThat(table.news(TOKEN, Namespace.EIP155, version)).isNull();
    assertThat(table.rows(TOKEN, Namespace.EIP155)).hasSize(1);
    assertThat(table.found(TOKEN)).containsOnlyKeys(ANN);
    another.addRound(TOKEN, AT.plusSeconds(1), 12, "", List.of());
    table.take();
    table.deleteBefore(TOKEN, AT.plusSeconds(1));
    assertThat(table.rounds(TOKEN)).hasSize(1);
  }

  private static void refuses(ThrowableAssert.ThrowingCallable writes) {
    assertThatThrownBy(writes)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("another node reads the chains");
  }

  private static Row row(long round, Address wallet, AccountId account, BigInteger raw) {
    return new Row(round, wallet, account, raw);
  }
}
