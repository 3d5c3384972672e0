package com.runspace.gate;

import com.runspace.chain.Address;
import com.runspace.chain.RpcFault;
import com.runspace.gate.Rounds.Round;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A token on its chain, as the gate asks for it. Every call but the first two blocks. */
interface TokenSource extends AutoCloseable {
  /**
   * What wallets hold, in the token's smallest unit, at one block as far as the chain can be read
   * so.
   *
   * @param number of the block or the slot
   * @param hash of the block; empty where a chain is not read by hash
   * @param at the block's own time; null when it has none
   */
  record Reading(long number, String hash, @Nullable Instant at, Map<Address, BigInteger> held) {}

  /** How many providers there are to ask. */
  int providers();

  /** The same token as one of the providers sees it, from 0. Not to be closed. */
  TokenSource only(int provider);

  /**
   * Why this is not the token of the settings, as each provider tells; a provider that does not
   * answer tells nothing.
   *
   * @param unreachable gets a sentence for each provider that does not answer
   */
  List<String> problems(List<String> unreachable);

  /** What wallets hold at the newest block that will not be taken back. */
  Reading read(Collection<Address> holders) throws RpcFault;

  /** What is different here from another provider's reading; null when nothing is. */
  @Nullable String differs(Reading other, TokenSource from) throws RpcFault;

  /**
   * What wallets hold at the block that is now in the place of a round's.
   *
   * @return null when that is the round's own, and where blocks are not read by hash
   */
  @Nullable Reading replaced(Round round, Collection<Address> holders) throws RpcFault;

  /**
   * The place in the chain of a moment in the past, or the newest that is final when that is
   * earlier.
   *
   * @return null when the chain is younger
   */
  @Nullable Round past(Instant moment) throws RpcFault;

  /**
   * What a wallet held in earlier rounds, by their id. Rounds of which that cannot be told are not
   * in it; where it is known only that something moved since, the amount is zero.
   */
  Map<Long, BigInteger> history(Address holder, List<Round> rounds) throws RpcFault;

  @Override
  void close();
}
