package com.runspace.dashboard;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.gate.Entitlement;
import com.runspace.http.Handler;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Spender;
import com.runspace.ledger.Standing;
import com.runspace.web.Frame;
import com.runspace.web.Shown;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code GET /}: the tier, what is left of the day, and what was used of it. */
public final class OverviewPage {
  /**
   * What the page shows.
   *
   * @param tier in words; empty for none
   * @param allowance null when nothing is granted today
   * @param next the better tier; null when there is none
   * @param frozen since when no chain could be read; null while all is well
   * @param disputed since when two providers of a chain tell different things; null while they
   *     agree
   * @param hasKeys whether there is a key that works
   */
  public record View(
      Frame frame,
      boolean isLocal,
      String tier,
      String tierWhy,
      Bar allowance,
      List<Held> holdings,
      @Nullable Next next,
      @Nullable String frozen,
      @Nullable String disputed,
      @Nullable String asOf,
      boolean hasKeys,
      List<Used> today) {}

  /**
   * The day's allowance. Positions are percents of the bar.
   *
   * @param reset when it starts anew
   */
  public record Bar(
      boolean isGranted,
      String granted,
      String used,
      String held,
      String left,
      String usedWidth,
      String heldWidth,
      Until reset) {}

  /**
   * A moment to come.
   *
   * @param iso ISO 8601
   * @param seconds how far it is off
   * @param in the same in words
   */
  public record Until(String iso, long seconds, String in) {
    static Until of(Instant moment, Instant now) {
      Duration left = Duration.between(now, moment);
      return new Until(moment.toString(), Math.max(0, left.toSeconds()), Shown.span(left));
    }
  }

  /**
   * What is held of one token.
   *
   * @param counts what counts of it by the rule; empty when all does
   * @param full when all will count; null when it does, or when nobody can say
   */
  public record Held(
      String token, String chain, String amount, String counts, @Nullable Until full) {}

  /**
   * The better tier.
   *
   * @param missing how much more it takes, in words; empty when only time is missing
   * @param unlocks null when more is needed
   * @param unlocksAt the same as a date; empty when more is needed
   */
  public record Next(
      String tier, String allowance, String missing, @Nullable Until unlocks, String unlocksAt) {}

  /** What one model was used for. */
  public record Used(String model, String calls, String tokens, String charge, String width) {}

  private final Desk desk;
  private final LocalLedger ledger;
  private final Function<Spender, Standing> standings;
  private final Function<AccountId, Entitlement> entitlements;
  private final StoredKeyring keyring;

  /**
   * Makes the page.
   *
   * @param standings how a day stands; reads memory only
   * @param entitlements what an account holds and what that unlocks; reads memory only
   */
  public OverviewPage(
      Desk desk,
      LocalLedger ledger,
      Function<Spender, Standing> standings,
      Function<AccountId, Entitlement> entitlements,
      StoredKeyring keyring) {
    this.desk = desk;
    this.ledger = ledger;
    this.standings = standings;
    this.entitlements = entitlements;
    this.keyring = keyring;
  }

  public Handler show() {
    return desk.start(this::page);
  }

  private Desk.Reply page(Desk.Visit visit) throws SQLException {
    AccountId account = visit.account();
    Entitlement holds = entitlements.apply(account);
    Standing day = standings.apply(new Spender(account, "", null));
    List<Usage> used = ledger.history().usage(account, day.day(), day.day(), Set.of(By.MODEL));
    boolean hasKeys =
        keyring.list(account).stream()
            .anyMatch(key -> KeysPage.isOwn(key) && key.isLive(visit.now()));
    Instant asOf = holds.asOf();
    Instant frozen = holds.frozen();
    Instant disputed = holds.disputed();
    View view =
        new View(
            desk.frame(visit, "Overview", "/"),
            desk.isLocal(),
            holds.tier(),
            why(holds),
            bar(day, visit.now()),
            holds.holdings().stream().map(each -> held(each, visit.now())).toList(),
            next(holds.next(), visit.now()),
            frozen == null ? null : Shown.moment(frozen),
            disputed == null || frozen != null ? null : Shown.moment(disputed),
            asOf == null ? null : Shown.ago(asOf, visit.now()),
            hasKeys,
            used(used));
    return desk.html(200, "overview.jte", view);
  }

  private String why(Entitlement holds) {
    if (desk.isLocal()) {
      return "No chain is configured, so this machine has one allowance of its own.";
    }
    return holds.tier().isEmpty()
        ? "None of your wallets holds enough of a token that counts."
        : "Unlocked by the " + holds.token() + " in your wallets.";
  }

  static Bar bar(Standing day, Instant now) {
    Nanos granted = day.granted();
    return new Bar(
        granted.value() > 0,
        Shown.money(granted),
        Shown.money(day.used()),
        Shown.money(day.held()),
        Shown.atMost(day.free()),
        Shown.percent(day.used(), granted),
        Shown.percent(day.used().plus(day.held()), granted),
        Until.of(day.day().end(), now));
  }

  private static Held held(Entitlement.Holding holding, Instant now) {
    boolean all = holding.floor().compareTo(holding.now()) >= 0;
    Instant full = holding.full();
    return new Held(
        holding.token(),
        chainName(holding.chain()),
        Shown.tokens(holding.now(), holding.decimals()),
        all ? "" : Shown.tokens(holding.floor(), holding.decimals()),
        full == null ? null : Until.of(full, now));
  }

  /** The networks that people know by a name; others are shown by their CAIP-2 id. */
  static String chainName(String caip) {
    return switch (caip) {
      case "eip155:1" -> "Ethereum";
      case "eip155:10" -> "Optimism";
      case "eip155:56" -> "BNB Chain";
      case "eip155:137" -> "Polygon";
      case "eip155:8453" -> "Base";
      case "eip155:42161" -> "Arbitrum";
      case "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp" -> "Solana";
      default -> caip;
    };
  }

  private static @Nullable Next next(Entitlement.@Nullable Next next, Instant now) {
    if (next == null) {
      return null;
    }
    Instant unlocks = next.unlocks();
    String missing = Shown.tokens(next.missing(), next.decimals()) + " " + next.token();
    return new Next(
        next.tier(),
        Shown.money(next.allowance()),
        next.missing().signum() > 0 ? missing : "",
        unlocks == null ? null : Until.of(unlocks, now),
        unlocks == null ? "" : Shown.moment(unlocks));
  }

  private static List<Used> used(List<Usage> rows) {
    Nanos most = rows.stream().map(Usage::charge).reduce(Nanos.ZERO, Nanos::max);
    return rows.stream()
        .sorted(Comparator.comparing(Usage::charge).reversed())
        .map(row ->
            new Used(
                String.valueOf(row.model()),
                Shown.count(row.calls()),
                Shown.count(row.promptTokens() + row.outputTokens()),
                Shown.money(row.charge()),
                Shown.percent(row.charge(), most)))
        .toList();
  }

  /** The day that a moment is in. */
  static Day day(Instant moment) {
    return Day.ofEpochMillis(moment.toEpochMilli());
  }
}
