package com.runspace.gate;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which tokens unlock what.
 *
 * @param every the length of a slot, in each of which the chain is read once
 * @param freezeAfter how long a chain may be unreadable before nothing is granted anew
 * @param grace how long tiers are kept after that
 * @param never wallets that never count
 * @param operators wallets of those who run the service
 */
public record GateSettings(
    Duration every,
    Duration freezeAfter,
    Duration grace,
    Set<Address> never,
    Set<Address> operators,
    List<Token> tokens) {
  private static final Duration EVERY_LEAST = Duration.ofMinutes(5);
  private static final Duration EVERY_MOST = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WINDOW_MOST = Duration.ofDays(2);
  private static final Duration GRACE_MOST = Duration.ofDays(7);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9$][A-Za-z0-9 ._-]{0,31}");
  private static final Pattern CHAIN =
      Pattern.compile("eip155:[1-9][0-9]{0,17}|solana:[1-9A-HJ-NP-Za-km-z]{32}");

  public GateSettings {
    never = Set.copyOf(never);
    operators = Set.copyOf(operators);
    tokens = List.copyOf(tokens);
  }

  /** The settings with every default and these tokens. */
  public static GateSettings of(List<Token> tokens) {
    return new GateSettings(
        Duration.ofHours(1), Duration.ofHours(6), DAY, Set.of(), Set.of(), tokens);
  }

  /**
   * A token that counts.
   *
   * @param chain in CAIP-2, such as {@code eip155:8453}
   * @param address of the contract or the mint
   * @param rpc where the chain is asked; the addresses may hold keys
   * @param window how long a holding must have lasted; zero for a staking receipt that takes at
   *     least a day to get rid of
   * @param contractWallets whether contract wallets may sign in and count (EVM)
   * @param rebasing whether balances change without transfers, so that those tell no history
   * @param tiers the lowest first
   */
  public record Token(
      String name,
      String chain,
      Address address,
      int decimals,
      List<Secret> rpc,
      Duration window,
      boolean contractWallets,
      boolean rebasing,
      List<Tier> tiers) {
    public Token {
      rpc = List.copyOf(rpc);
      tiers = List.copyOf(tiers);
    }

    /** Names it in the store, where a new name for the same token must not matter. */
    String id() {
      return chain + "/" + address.text();
    }

    /** An amount of its smallest unit as people write it, such as {@code 1000.5}. */
    String shown(BigInteger smallest) {
      return units(smallest, decimals);
    }
  }

  /**
   * What a holding unlocks.
   *
   * @param holds in the token's smallest unit
   * @param allowance of a day
   */
  public record Tier(String name, BigInteger holds, Nanos allowance) {}

  /**
   * An amount of tokens in their smallest unit.
   *
   * @throws IllegalArgumentException with a sentence for people when it is not a whole number of
   *     them, or more than any chain can hold
   */
  public static BigInteger smallest(BigDecimal tokens, int decimals) {
    // Before any digit is written out: 1e400000000 would be written for minutes.
    if ((long) tokens.precision() - tokens.scale() > 78) {
      throw new IllegalArgumentException("is more than any chain can hold");
    }
    try {
      return tokens.movePointRight(decimals).toBigIntegerExact();
    } catch (ArithmeticException _) {
      throw new IllegalArgumentException("has more decimals than the token, which has " + decimals);
    }
  }

  /** An amount of a token's smallest unit as people write it, without trailing zeros. */
  public static String units(BigInteger smallest, int decimals) {
    return smallest.signum() == 0
        ? "0"
        : new BigDecimal(smallest, decimals).stripTrailingZeros().toPlainString();
  }

  /** All that is wrong, a sentence each; empty when the gate can be built. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (every.compareTo(EVERY_LEAST) < 0 || every.compareTo(EVERY_MOST) > 0) {
      problems.add("gate.every must be between 5m and 60m");
    }
    if (freezeAfter.compareTo(every.multipliedBy(2)) < 0 || freezeAfter.compareTo(DAY) > 0) {
      problems.add("gate.freezeAfter must be at least twice gate.every and at most 24h");
    }
    if (grace.isNegative() || grace.compareTo(GRACE_MOST) > 0) {
      problems.add("gate.grace must be between 0h and 168h");
    }
    if (tokens.isEmpty()) {
      problems.add("gate.tokens must name at least one token");
    }
    Set<String> names = new HashSet<>();
    Set<String> ids = new HashSet<>();
    for (Token token : tokens) {
      String about = "gate token '" + token.name + "' ";
      check(token).forEach(problem -> problems.add(about + problem));
      if (!names.add(token.name)) {
        problems.add(about + "is named twice");
      }
      if (!ids.add(token.id())) {
        problems.add(about + "is the same contract as another one");
      }
    }
    return problems;
  }

  private static List<String> check(Token token) {
    List<String> problems = new ArrayList<>();
    if (!NAME.matcher(token.name).matches()) {
      problems.add("needs a name of at most 32 letters, digits, spaces and . _ -");
    }
    if (!CHAIN.matcher(token.chain).matches()) {
      problems.add(
          "is on the chain '"
              + token.chain
              + "', which must be eip155: and a chain id, or solana: and the first 32 characters"
              + " of the genesis hash");
    } else if (!token.chain.startsWith(token.address.namespace().caip() + ":")) {
      problems.add("has an address that is none on its chain");
    }
    if (token.decimals < 0 || token.decimals > 255) {
      problems.add("must have between 0 and 255 decimals");
    }
    if (token.rpc.isEmpty()) {
      problems.add("needs at least one rpc address");
    }
    if (!token.window.isZero()
        && (token.window.compareTo(DAY) < 0 || token.window.compareTo(WINDOW_MOST) > 0)) {
      problems.add(
          "has a window of "
              + token.window
              + ", which must be between 24h and 48h; or 0 for a staking receipt with a cooldown"
              + " of a day or more");
    }
    if (token.contractWallets && token.address.namespace() != Namespace.EIP155) {
      problems.add("can have contractWallets on an EVM chain only");
    }
    checkTiers(token, problems);
    return problems;
  }

  /**
   * A tier that grants less for each token than a smaller one would make it pay to split a holding
   * over many wallets.
   */
  private static void checkTiers(Token token, List<String> problems) {
    if (token.tiers.isEmpty()) {
      problems.add("needs at least one tier");
    }
    Set<String> names = new HashSet<>();
    Tier below = null;
    for (Tier tier : token.tiers) {
      String about = "tier '" + tier.name + "' ";
      if (!NAME.matcher(tier.name).matches() || !names.add(tier.name)) {
        problems.add(about + "needs a name of its own, of at most 32 letters and digits");
      }
      if (tier.holds.signum() <= 0 || tier.allowance.value() <= 0) {
        problems.add(about + "must ask for more than 0 tokens and grant more than 0 dollars");
        return;
      }
      if (below != null) {
        if (tier.holds.compareTo(below.holds) <= 0
            || tier.allowance.compareTo(below.allowance) <= 0) {
          problems.add(
              about + "must ask for more than '" + below.name + "' before it, and grant more");
        } else if (rewardsSplitting(below, tier)) {
          problems.add(splitting(token, below, tier));
        }
      }
      below = tier;
    }
  }

  /** Compares what they grant for a token, by crosswise products instead of fractions. */
  private static boolean rewardsSplitting(Tier lower, Tier higher) {
    BigInteger granted = BigInteger.valueOf(higher.allowance.value()).multiply(lower.holds);
    return granted.compareTo(BigInteger.valueOf(lower.allowance.value()).multiply(higher.holds))
        < 0;
  }

  private static String splitting(Token token, Tier lower, Tier higher) {
    return ("rewards splitting: tier '%s' grants %s for %s tokens, less for each token than '%s'"
            + " with %s for %s; whoever spreads a holding over several wallets gets more. Let"
            + " higher tiers grant at least as much for each token.")
        .formatted(
            higher.name,
            higher.allowance,
            token.shown(higher.holds),
            lower.name,
            lower.allowance,
            token.shown(lower.holds));
  }
}
