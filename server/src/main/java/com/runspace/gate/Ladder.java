package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.gate.Entitlement.Holding;
import com.runspace.gate.Entitlement.Next;
import com.runspace.gate.GateSettings.Tier;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.Holdings.Worth;
import com.runspace.gate.LinkedWallets.Linked;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which tier holdings reach, and which would be next. The best single token decides. */
final class Ladder {
  /** One token, and what it is worth to an account. */
  private record Rung(Token token, Floor floor, Worth worth) {}

  private Ladder() {}

  /**
   * What these wallets of an account unlock.
   *
   * @param holdings of each token
   */
  static Entitlement entitlement(
      AccountId account, List<Holdings> holdings, Collection<Linked> wallets, Instant now) {
    List<Rung> rungs = new ArrayList<>();
    Instant frozen = null;
    Instant disputed = null;
    for (Holdings each : holdings) {
      rungs.add(new Rung(each.token(), each.floor(), each.worth(account, wallets, now)));
      frozen = earlier(frozen, each.frozen(now));
      disputed = earlier(disputed, each.disputed());
    }
    Tier best = null;
    String of = "";
    List<Holding> held = new ArrayList<>();
    Instant asOf = null;
    for (Rung rung : rungs) {
      Worth worth = rung.worth;
      Tier tier = reached(rung.token, worth.effective());
      if (tier != null && (best == null || tier.allowance().compareTo(best.allowance()) > 0)) {
        best = tier;
        of = rung.token.name();
      }
      Instant full = rung.floor.reaches(worth.now(), now, worth.samples());
      held.add(
          new Holding(
              rung.token.name(),
              rung.token.chain(),
              rung.token.decimals(),
              worth.now(),
              worth.floor(),
              full));
      asOf = earlier(asOf, worth.asOf());
    }
    Nanos granted = best == null ? Nanos.ZERO : best.allowance();
    return new Entitlement(
        account,
        best == null ? "" : best.name(),
        granted,
        of,
        List.copyOf(held),
        next(rungs, granted, now),
        asOf,
        frozen,
        disputed);
  }

  private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
    return one == null || (other != null && other.isBefore(one)) ? other : one;
  }

  static @Nullable Tier reached(Token token, BigInteger effective) {
    Tier reached = null;
    for (Tier tier : token.tiers()) {
      reached = tier.holds().compareTo(effective) <= 0 ? tier : reached;
    }
    return reached;
  }

  /** The one that needs time alone and comes first; else the one for which the least is missing. */
  private static @Nullable Next next(List<Rung> rungs, Nanos granted, Instant now) {
    Next soonest = null;
    Next nearest = null;
    BigInteger nearestHolds = BigInteger.ONE;
    for (Rung rung : rungs) {
      for (Tier tier : rung.token.tiers()) {
        if (tier.allowance().compareTo(granted) <= 0) {
          continue;
        }
        BigInteger missing = tier.holds().subtract(rung.worth.now());
        if (missing.signum() <= 0) {
          soonest = sooner(soonest, waiting(rung, tier, now));
          continue;
        }
        // Compared as parts of what the tiers ask for, by crosswise products.
        if (nearest == null
            || missing.multiply(nearestHolds).compareTo(nearest.missing().multiply(tier.holds()))
                < 0) {
          nearest = next(rung, tier, missing, null);
          nearestHolds = tier.holds();
        }
      }
    }
    return soonest == null ? nearest : soonest;
  }

  private static Next waiting(Rung rung, Tier tier, Instant now) {
    Instant unlocks = rung.floor.reaches(tier.holds(), now, rung.worth.samples());
    return next(rung, tier, BigInteger.ZERO, unlocks == null ? now : unlocks);
  }

  private static Next next(Rung rung, Tier tier, BigInteger missing, @Nullable Instant unlocks) {
    return new Next(
        tier.name(), tier.allowance(), rung.token.name(), missing, rung.token.decimals(), unlocks);
  }

  private static Next sooner(@Nullable Next one, Next other) {
    if (one == null || one.unlocks() == null || other.unlocks() == null) {
      return other;
    }
    int order = other.unlocks().compareTo(one.unlocks());
    boolean better = other.allowance().compareTo(one.allowance()) > 0;
    return order < 0 || (order == 0 && better) ? other : one;
  }
}
