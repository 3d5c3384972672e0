package com.runspace.gate;

import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.EvmChain;
import com.runspace.chain.EvmChain.Block;
import com.runspace.chain.EvmChain.Transfer;
import com.runspace.chain.JsonRpc;
import com.runspace.chain.RpcFault;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.Rounds.Round;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An ERC-20 token, or any contract that answers {@code balanceOf}. History comes from the state of
 * old blocks, or from the token's transfers where a node has no old state.
 */
final class EvmSource implements TokenSource {
  /** How far below the newest block one is final, where a node does not know which are. */
  private static final int CONFIRMATIONS = 64;

  /** A block so little before a moment is near enough to it. */
  private static final Duration NEAR = Duration.ofMinutes(5);

  private static final int SEARCH_MOST = 80;

  /** Questions for transfers, which providers answer for so many blocks at a time. */
  private static final int RANGES_MOST = 128;

  private static final long RANGE_LEAST = 50;

  private final Token token;
  private final EvmChain chain;

  EvmSource(Token token, Time time) {
    this(token, new EvmChain(new JsonRpc(token.name(), token.rpc(), time), CONFIRMATIONS));
  }

  private EvmSource(Token token, EvmChain chain) {
    this.token = token;
    this.chain = chain;
  }

  EvmChain chain() {
    return chain;
  }

  @Override
  public int providers() {
    return chain.rpc().providers();
  }

  @Override
  public TokenSource only(int provider) {
    return new EvmSource(token, chain.only(provider));
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

  private void check(EvmChain one, List<String> problems, String about) throws RpcFault {
    String is = "eip155:" + one.chainId();
    if (!is.equals(token.chain())) {
      problems.add(about + "is on " + is + ", and the settings say " + token.chain());
      return;
    }
    if (!one.hasCode(token.address())) {
      problems.add(about + "there is no contract at " + token.address());
      return;
    }
    int decimals;
    try {
      decimals = one.decimals(token.address());
    } catch (RpcFault fault) {
      // A staking receipt need not tell them; then the settings are all there is.
      if (fault.kind() == RpcFault.Kind.REVERTED) {
        return;
      }
      throw fault;
    }
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
    return read(chain.finalized(), holders);
  }

  private Reading read(Block at, Collection<Address> holders) throws RpcFault {
    Map<Address, BigInteger> held =
        holders.isEmpty() ? Map.of() : chain.balances(token.address(), at, holders);
    return new Reading(at.number(), at.hash(), at.at(), held);
  }

  @Override
  public @Nullable String differs(Reading other, TokenSource from) throws RpcFault {
    Block same = chain.block(other.number());
    if (!same.hash().equals(other.hash())) {
      return "they have different blocks " + other.number();
    }
    Map<Address, BigInteger> held = read(same, other.held().keySet()).held();
    long different =
        held.entrySet().stream()
            .filter(each -> !each.getValue().equals(other.held().get(each.getKey())))
            .count();
    return different == 0
        ? null
        : "they tell different balances of " + different + " wallets at block " + other.number();
  }

  @Override
  public @Nullable Reading replaced(Round round, Collection<Address> holders) throws RpcFault {
    Block now = chain.block(round.number());
    return now.hash().equals(round.hash()) ? null : read(now, holders);
  }

  /** Between two blocks the time is taken to pass evenly; every third guess halves instead. */
  @Override
  public @Nullable Round past(Instant moment) throws RpcFault {
    Block after = chain.finalized();
    Block before = chain.block(0);
    if (before.at().isAfter(moment)) {
      return null;
    }
    if (!after.at().isAfter(moment)) {
      return new Round(0, moment, after.number(), after.hash());
    }
    for (int step = 0; step < SEARCH_MOST && after.number() - before.number() > 1; step++) {
      if (Duration.between(before.at(), moment).compareTo(NEAR) < 0) {
        break;
      }
      long apart = after.number() - before.number();
      long seconds = Math.max(1, Duration.between(before.at(), after.at()).toSeconds());
      long ahead =
          step % 3 == 2
              ? apart / 2
              : apart * Duration.between(before.at(), moment).toSeconds() / seconds;
      Block guess = chain.block(before.number() + Math.clamp(ahead, 1, apart - 1));
      if (guess.at().isAfter(moment)) {
        after = guess;
      } else {
        before = guess;
      }
    }
    return new Round(0, moment, before.number(), before.hash());
  }

  @Override
  public Map<Long, BigInteger> history(Address holder, List<Round> rounds) throws RpcFault {
    Map<Long, BigInteger> held = new HashMap<>();
    try {
      List<String> blocks = rounds.stream().map(Round::hash).toList();
      List<BigInteger> balances = chain.balances(token.address(), holder, blocks);
      for (int i = 0; i < rounds.size(); i++) {
        held.put(rounds.get(i).id(), balances.get(i));
      }
      return held;
    } catch (RpcFault fault) {
      if (fault.kind() != RpcFault.Kind.OTHER || token.rebasing()) {
        throw fault;
      }
    }
    return walkBack(holder, rounds);
  }

  /** What is held now, less what came and more what went since. */
  private Map<Long, BigInteger> walkBack(Address holder, List<Round> rounds) throws RpcFault {
    Reading now = read(List.of(holder));
    long oldest = rounds.stream().mapToLong(Round::number).min().orElseThrow();
    List<Transfer> transfers = new ArrayList<>();
    gather(holder, oldest + 1, now.number(), transfers, new int[] {RANGES_MOST});
    Map<Long, BigInteger> held = new HashMap<>();
    for (Round round : rounds) {
      BigInteger then = now.held().getOrDefault(holder, BigInteger.ZERO);
      for (Transfer each : transfers) {
        if (each.block() > round.number() && !each.from().equals(each.to())) {
          then = each.to().equals(holder) ? then.subtract(each.amount()) : then.add(each.amount());
        }
      }
      if (then.signum() < 0) {
        throw new RpcFault(
            RpcFault.Kind.OTHER, "the transfers of " + token.name() + " do not add up");
      }
      held.put(round.id(), then);
    }
    return held;
  }

  private void gather(
      Address holder, long from, long to, List<Transfer> transfers, int[] questionsLeft)
      throws RpcFault {
    if (from > to) {
      return;
    }
    if (questionsLeft[0]-- <= 0) {
      throw new RpcFault(RpcFault.Kind.OTHER, "too many questions for the transfers of a wallet");
    }
    try {
      transfers.addAll(chain.transfers(token.address(), holder, from, to));
    } catch (RpcFault fault) {
      if (fault.kind() != RpcFault.Kind.OTHER || to - from < RANGE_LEAST) {
        throw fault;
      }
      long middle = from + (to - from) / 2;
      gather(holder, from, middle, transfers, questionsLeft);
      gather(holder, middle + 1, to, transfers, questionsLeft);
    }
  }

  @Override
  public void close() {
    chain.rpc().close();
  }
}
