package com.runspace.gate;

import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.JsonRpc;
import com.runspace.chain.RpcFault;
import com.runspace.chain.SolanaChain;
import com.runspace.chain.SolanaChain.TokenAccount;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.Rounds.Round;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A mint of one of the token programs. Nodes read a hundred accounts at one slot, so more take
 * several, back to back. They have no old state: what an account held then is known only when
 * nothing has touched it since.
 */
final class SolanaSource implements TokenSource {
  private static final int TRIES = 3;

  /** Each round looks for new token accounts of one wallet in so many. */
  private static final int LOOK_AT_ONE_IN = 6;

  private final Token token;
  private final SolanaChain chain;

  /** The token accounts of each wallet that were last found, and what was last held in all. */
  private final Map<Address, Set<Address>> accounts;

  private final Map<Address, BigInteger> lastHeld;
  private int readings;

  SolanaSource(Token token, Time time) {
    this(
        token,
        new SolanaChain(new JsonRpc(token.name(), token.rpc(), time)),
        new ConcurrentHashMap<>(),
        new ConcurrentHashMap<>());
  }

  private SolanaSource(
      Token token,
      SolanaChain chain,
      Map<Address, Set<Address>> accounts,
      Map<Address, BigInteger> lastHeld) {
    this.token = token;
    this.chain = chain;
    this.accounts = accounts;
    this.lastHeld = lastHeld;
  }

  @Override
  public int providers() {
    return chain.rpc().providers();
  }

  @Override
  public SolanaSource only(int provider) {
    return new SolanaSource(token, chain.only(provider), accounts, lastHeld);
  }

  @Override
  public List<String> problems(List<String> unreachable) {
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < providers(); i++) {
      String about = "gate token '" + token.name() + "', rpc " + (i + 1) + ": ";
      try {
        check(chain.only(i), problems, about);
      } catch (RpcFault fault) {
        unreachable.add(about + fault.getMessage());
      }
    }
    return problems;
  }

  private void check(SolanaChain one, List<String> problems, String about) throws RpcFault {
    String genesis = one.genesisHash();
    String is = "solana:" + genesis.substring(0, Math.min(32, genesis.length()));
    if (!is.equals(token.chain())) {
      problems.add(about + "is on " + is + ", and the settings say " + token.chain());
      return;
    }
    int decimals = one.decimals(token.address());
    if (decimals != token.decimals()) {
      problems.add(
          about
              + "the token has "
              + decimals
              + " decimals, and the settings say "
              + token.decimals());
    }
  }

  @Override
  public Reading read(Collection<Address> holders) throws RpcFault {
    readings++;
    for (Address holder : holders) {
      if (accounts.getOrDefault(holder, Set.of()).isEmpty()
          || Math.floorMod(holder.hashCode() + readings, LOOK_AT_ONE_IN) == 0) {
        look(holder);
      }
    }
    Reading reading = readKnown(holders);
    // What went may have gone to another account of the same owner.
    boolean more = false;
    for (Map.Entry<Address, BigInteger> each : reading.held().entrySet()) {
      BigInteger before = lastHeld.getOrDefault(each.getKey(), BigInteger.ZERO);
      more |= each.getValue().compareTo(before) < 0 && look(each.getKey());
    }
    if (more) {
      reading = readKnown(holders);
    }
    lastHeld.putAll(reading.held());
    return reading;
  }

  /** Finds a wallet's token accounts; whether there are others than before. */
  private boolean look(Address holder) throws RpcFault {
    Set<Address> found = new HashSet<>();
    chain.accountsOf(holder, token.address()).accounts().forEach(one -> found.add(one.address()));
    return !found.equals(accounts.put(holder, found));
  }

  private Reading readKnown(Collection<Address> holders) throws RpcFault {
    Map<Address, BigInteger> held = new LinkedHashMap<>();
    List<Address> all = new ArrayList<>();
    for (Address holder : holders) {
      held.put(holder, BigInteger.ZERO);
      all.addAll(accounts.getOrDefault(holder, Set.of()));
    }
    long slot = Long.MAX_VALUE;
    for (int from = 0; from < all.size(); from += SolanaChain.ACCOUNTS_AT_ONCE) {
      int to = Math.min(all.size(), from + SolanaChain.ACCOUNTS_AT_ONCE);
      SolanaChain.Reading part = chain.accounts(all.subList(from, to), token.address());
      slot = Math.min(slot, part.slot());
      for (TokenAccount account : part.accounts()) {
        held.computeIfPresent(account.owner(), (_, sum) -> sum.add(account.amount()));
      }
    }
    return new Reading(all.isEmpty() ? chain.slot() : slot, "", null, held);
  }

  /**
   * Two providers are never read at one slot. So a wallet counts as different when it is so three
   * times, each time between two equal readings of the other provider.
   */
  @Override
  public @Nullable String differs(Reading other, TokenSource from) throws RpcFault {
    Map<Address, BigInteger> theirs = other.held();
    for (int i = 0; i < TRIES; i++) {
      Map<Address, BigInteger> ours = readKnown(theirs.keySet()).held();
      Map<Address, BigInteger> again = from.read(theirs.keySet()).held();
      Map<Address, BigInteger> different = new HashMap<>();
      for (Map.Entry<Address, BigInteger> each : again.entrySet()) {
        Address holder = each.getKey();
        if (each.getValue().equals(theirs.get(holder))
            && !each.getValue().equals(ours.get(holder))) {
          different.put(holder, each.getValue());
        }
      }
      if (different.isEmpty()) {
        return null;
      }
      theirs = different;
    }
    return "they tell different balances of " + theirs.size() + " wallets";
  }

  @Override
  public @Nullable Reading replaced(Round round, Collection<Address> holders) {
    return null;
  }

  @Override
  public Round past(Instant moment) {
    return new Round(0, moment, Round.BY_TIME, "");
  }

  /**
   * The amounts are read before what touched them, so that what happens between the two counts as
   * later. Every provider is asked for that: one that lags behind does not know the newest.
   */
  @Override
  public Map<Long, BigInteger> history(Address holder, List<Round> rounds) throws RpcFault {
    Map<Long, BigInteger> held = new HashMap<>();
    rounds.forEach(round -> held.put(round.id(), BigInteger.ZERO));
    for (TokenAccount account : chain.accountsOf(holder, token.address()).accounts()) {
      if (account.amount().signum() == 0) {
        continue;
      }
      List<SolanaChain.Entry> touched = touched(account.address());
      for (Round round : rounds) {
        if (!touched.isEmpty() && touched.stream().allMatch(entry -> isBefore(entry, round))) {
          held.merge(round.id(), account.amount(), BigInteger::add);
        }
      }
    }
    return held;
  }

  private List<SolanaChain.Entry> touched(Address account) throws RpcFault {
    List<SolanaChain.Entry> newest = new ArrayList<>();
    RpcFault last = null;
    int answers = 0;
    for (int i = 0; i < providers(); i++) {
      try {
        newest.addAll(chain.only(i).history(account, 1, null));
        answers++;
      } catch (RpcFault fault) {
        last = fault;
      }
    }
    if (answers == 0 && last != null) {
      throw last;
    }
    return newest;
  }

  private static boolean isBefore(SolanaChain.Entry entry, Round round) {
    Instant at = entry.at();
    return round.number() == Round.BY_TIME
        ? at != null && !at.isAfter(round.at())
        : entry.slot() <= round.number();
  }

  @Override
  public void close() {
    chain.rpc().close();
  }
}
