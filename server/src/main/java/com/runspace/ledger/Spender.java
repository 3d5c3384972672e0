package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import org.jspecify.annotations.Nullable;

/**
 * Who spends: one key or grant of an account.
 *
 * @param id the key's public id
 * @param dailyCap the most this spender may spend in a day; null for no cap of its own
 */
public record Spender(AccountId account, String id, @Nullable Nanos dailyCap) {}
