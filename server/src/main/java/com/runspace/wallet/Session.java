package com.runspace.wallet;

import com.runspace.base.AccountId;
import java.time.Instant;

/**
 * A signed-in browser.
 *
 * @param id public, for lists and for ending it; not what the cookie holds
 * @param wallet the wallet that signed, as shown to people; empty in local mode
 * @param confirmed when a wallet of the account last signed in this session
 * @param agent what the browser called itself, at most 200 characters
 */
public record Session(
    String id,
    AccountId account,
    String wallet,
    Instant created,
    Instant lastSeen,
    Instant expires,
    Instant confirmed,
    String agent) {}
