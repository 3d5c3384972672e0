package com.runspace.gate;

import com.runspace.chain.Address;
import com.runspace.gate.Floor.Sample;
import com.runspace.gate.GateSettings.Tier;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.GateTable.Row;
import com.runspace.gate.Holdings.Worth;
import com.runspace.gate.LinkedWallets.Linked;
import com.runspace.gate.Rounds.Round;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells an operator why a wallet's account has the tier that it has. */
final class Explanation {
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  private final List<Holdings> tokens;
  private final Instant now;
  private final StringBuilder text = new StringBuilder();

  Explanation(List<Holdings> tokens, Instant now) {
    this.tokens = tokens;
    this.now = now;
  }

  /**
   * The whole of it, several lines.
   *
   * @param wallet how the address is linked; null when it is not
   * @param mine all wallets of its account
   */
  String of(Address address, @Nullable Linked wallet, Collection<Linked> mine) {
    if (wallet == null) {
      return line("%s is linked to no account, so it counts for none.".formatted(address))
          .toString();
    }
    line("%s belongs to account %s, %s.".formatted(address, wallet.account(), walletsOf(mine)));
    for (Holdings token : tokens) {
      explain(token, address, wallet, mine);
    }
    return text.toString();
  }

  private static String walletsOf(Collection<Linked> mine) {
    return mine.size() == 1 ? "which has no other wallet" : "which has " + mine.size() + " wallets";
  }

  private void explain(Holdings holdings, Address address, Linked wallet, Collection<Linked> mine) {
    Token token = holdings.token();
    line("");
    line("%s on %s, times in UTC".formatted(token.name(), token.chain()));
    if (mine.stream().noneMatch(holdings::counts)) {
      line("  no wallet of this account counts for it");
      return;
    }
    if (!holdings.counts(wallet)) {
      line("  this wallet does not count for it, others of the account do");
    }
    Worth worth = holdings.worth(wallet.account(), mine, now);
    Instant asOf = worth.asOf();
    line(
        "  held now  %s%s"
            .formatted(
                token.shown(worth.now()),
                asOf == null ? ", never read" : ", read " + MOMENT.format(asOf)));
    List<Sample> samples = worth.samples();
    Instant start = holdings.floor().start(now, samples.stream().map(Sample::at).toList());
    if (!holdings.floor().isInstant()) {
      line(
          "  floor     %s, %s"
              .formatted(
                  token.shown(worth.floor()),
                  start == null
                      ? "since no round is a day old yet"
                      : "the lowest of the rounds since " + MOMENT.format(start)));
    }
    Tier tier = Ladder.reached(token, worth.effective());
    line(
        "  counts    %s: %s"
            .formatted(
                token.shown(worth.effective()),
                tier == null
                    ? "no tier"
                    : "tier " + tier.name() + ", " + tier.allowance() + " a day"));
    states(holdings, worth);
    rounds(holdings, address, worth, start);
  }

  private void states(Holdings holdings, Worth worth) {
    Token token = holdings.token();
    for (Tier tier : token.tiers()) {
      if (tier.holds().compareTo(worth.effective()) > 0) {
        Instant unlocks = holdings.floor().reaches(tier.holds(), now, worth.samples());
        String what =
            tier.holds().compareTo(worth.now()) > 0
                ? "needs " + token.shown(tier.holds().subtract(worth.now())) + " more"
                : "unlocks " + MOMENT.format(unlocks == null ? now : unlocks);
        line("  %-9s %s".formatted(tier.name(), what));
      }
    }
    Instant frozen = holdings.frozen(now);
    if (frozen != null) {
      line("  frozen    the chain could not be read since %s".formatted(MOMENT.format(frozen)));
    }
    Instant disputed = holdings.disputed();
    if (disputed != null) {
      line(
          "  disputed  two providers tell different things since %s"
              .formatted(MOMENT.format(disputed)));
    }
  }

  private void rounds(Holdings holdings, Address address, Worth worth, @Nullable Instant start) {
    Token token = holdings.token();
    line("  rounds    when, block, the account, this wallet");
    List<Round> rounds = holdings.rounds();
    for (int i = 0; i < rounds.size() && i < worth.samples().size(); i++) {
      Round round = rounds.get(i);
      Sample sample = worth.samples().get(i);
      Row row = holdings.row(round, address);
      line(
          "    %s  %s  %s  %s%s"
              .formatted(
                  MOMENT.format(round.at()),
                  round.number() == Round.BY_TIME ? "-" : round.number(),
                  token.shown(sample.held()),
                  row == null ? "not read" : token.shown(row.raw()),
                  start != null && round.at().isBefore(start) ? "  (before the window)" : ""));
    }
  }

  private StringBuilder line(String line) {
    return text.append(line).append('\n');
  }
}
