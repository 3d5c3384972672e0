package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import java.util.Collection;

/**
 * Which wallets belong to whom. Owned here because the gate is who needs to know. Both may block;
 * an exception means that it cannot be told now.
 */
public interface LinkedWallets {
  /**
   * A wallet that belongs to an account.
   *
   * @param chain the CAIP-2 chain of a contract wallet; empty for a wallet that is a key
   */
  record Linked(AccountId account, Address address, String chain) {}

  /** All that are linked now. */
  Collection<Linked> all();

  /** Those of one account. */
  Collection<Linked> of(AccountId account);
}
