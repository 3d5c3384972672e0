package com.runspace.wallet;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import java.time.Instant;

/**
 * A wallet that belongs to an account.
 *
 * @param chain the CAIP-2 chain of a contract wallet, which is somebody else's on another chain;
 *     empty for a wallet that is a key, which is the same everywhere
 */
public record Wallet(String id, AccountId account, Address address, String chain, Instant linked) {}
