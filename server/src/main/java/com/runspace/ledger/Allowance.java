package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;

/** Says what an account may spend in a day. Owned here because the ledger is who needs to know. */
@FunctionalInterface
public interface Allowance {
  /**
   * What an account is granted.
   *
   * @param tier the name of the tier that grants it, as people see it
   */
  record Grant(Nanos amount, String tier) {}

  /** The grant of today; reads memory only, since it is asked on the request path. */
  Grant today(AccountId account);
}
