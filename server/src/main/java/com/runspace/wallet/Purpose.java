package com.runspace.wallet;

import com.runspace.base.AccountId;
import java.util.Locale;

/**
 * What a signature is for. Each has a statement and a request id of its own, and is in the nonce,
 * so that a signature for one cannot be used for another.
 */
public enum Purpose {
  SIGN_IN,
  LINK,
  CONFIRM;

  private static final String FREE = " This costs nothing and sends no transaction.";

  /**
   * By its name on the wire: {@code sign_in}, {@code link} or {@code confirm}.
   *
   * @throws IllegalArgumentException with a sentence for people when it is none of them
   */
  public static Purpose of(String name) {
    for (Purpose purpose : values()) {
      if (purpose.wireName().equals(name)) {
        return purpose;
      }
    }
    throw new IllegalArgumentException("A purpose is sign_in, link or confirm.");
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  String requestId() {
    return wireName().replace('_', '-');
  }

  /**
   * What its owner reads in the wallet. Only characters that EIP-4361 allows in a statement.
   *
   * @param account who asks; looked at unless somebody signs in
   */
  String statement(AccountId account) {
    return switch (this) {
      case SIGN_IN -> "Sign in to RunSpace." + FREE;
      case LINK -> "Link this wallet to the RunSpace account " + account + "." + FREE;
      case CONFIRM ->
          "Confirm a change to keys or wallets of the RunSpace account " + account + "." + FREE;
    };
  }
}
