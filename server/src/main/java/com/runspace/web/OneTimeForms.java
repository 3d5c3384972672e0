package com.runspace.web;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Forms that must not be carried out twice, as when somebody presses Reload on the page after one.
 * Safe to share between threads.
 */
public final class OneTimeForms {
  private static final int REMEMBERED = 10_000;

  private final Randomness random;

  /** The forms that were carried out, the newest last. */
  private final Map<String, Boolean> spent =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  /** Names showings of forms by random numbers. */
  public OneTimeForms(Randomness random) {
    this.random = random;
  }

  /** The name of a new showing, for the hidden field {@code once}. */
  public String name() {
    return HexFormat.of().toHexDigits(random.nextLong());
  }

  /**
   * Whether an account sends this showing for the first time; from then on it does not. A form
   * without a name, as a script sends it, is always new.
   */
  public boolean spend(AccountId account, Form form) {
    return spend(account, "", form);
  }

  /** The same where one showing holds several forms, by the name of the one that was sent. */
  public boolean spend(AccountId account, String which, Form form) {
    String once = form.text("once");
    synchronized (spent) {
      return once.isEmpty()
          || spent.putIfAbsent(account + " " + which + " " + once, Boolean.TRUE) == null;
    }
  }
}
