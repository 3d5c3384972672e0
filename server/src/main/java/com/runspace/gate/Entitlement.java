package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an account holds and what that unlocks, as of the last round. The best single token decides;
 * holdings are never added up over tokens.
 *
 * @param tier the name of the tier in force; empty for none
 * @param allowance what it grants in a day; zero without a tier
 * @param token the name of the token that decides; empty when there is no tier
 * @param holdings one for each configured token
 * @param next the next better tier; null when there is none
 * @param asOf when the chain was last read for this account; null when never
 * @param frozen since when no chain could be read; null while all is well
 * @param disputed since when two providers of a chain tell different things, and nothing is granted
 *     anew; null while all is well
 */
public record Entitlement(
    AccountId account,
    String tier,
    Nanos allowance,
    String token,
    List<Holding> holdings,
    @Nullable Next next,
    @Nullable Instant asOf,
    @Nullable Instant frozen,
    @Nullable Instant disputed) {

  /**
   * What the account's wallets hold of one token, in its smallest unit.
   *
   * @param now the newest reading
   * @param floor the lowest holding over the window; zero while the window is not full
   * @param full when the window will be full for what is held now; null when it is
   */
  public record Holding(
      String token,
      String chain,
      int decimals,
      BigInteger now,
      BigInteger floor,
      @Nullable Instant full) {}

  /**
   * A better tier.
   *
   * @param missing how much more of the token it takes, in its smallest unit; zero when only time
   *     is missing
   * @param unlocks when it unlocks with what is held now; null when more is needed
   */
  public record Next(
      String tier,
      Nanos allowance,
      String token,
      BigInteger missing,
      int decimals,
      @Nullable Instant unlocks) {}

  /** Nobody and nothing. */
  public static Entitlement none(AccountId account) {
    return new Entitlement(account, "", Nanos.ZERO, "", List.of(), null, null, null, null);
  }
}
