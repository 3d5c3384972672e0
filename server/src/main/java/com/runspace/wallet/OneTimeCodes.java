package com.runspace.wallet;

import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.Iterator;

/**
 * Codes of the sign-in links that local mode prints: whoever reads the terminal, or may run {@code
 * runspace open}, owns the machine. Each opens one session, and they are in memory only. Safe to
 * share between threads.
 */
public final class OneTimeCodes {
  /** How long a code can be used. */
  public static final Duration LIFE = Duration.ofMinutes(15);

  private static final int CODES_MAX = 20;
  private static final int BYTES = 32;

  private record Code(String text, long untilNanos) {}

  private final Time time;
  private final Randomness random;
  private final Deque<Code> codes = new ArrayDeque<>();

  public OneTimeCodes(Time time, Randomness random) {
    this.time = time;
    this.random = random;
  }

  /** A new code of letters, digits, {@code -} and {@code _}. The oldest gives way to the newest. */
  public synchronized Secret make() {
    byte[] bits = new byte[BYTES];
    random.fill(bits);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    if (codes.size() == CODES_MAX) {
      codes.removeFirst();
    }
    codes.addLast(new Code(text, time.nanos() + LIFE.toNanos()));
    return new Secret(text);
  }

  /** Whether this is a code that can be used; it cannot any more then. */
  public synchronized boolean use(String text) {
    byte[] asked = bytes(text);
    codes.removeIf(code -> code.untilNanos - time.nanos() <= 0);
    for (Iterator<Code> each = codes.iterator(); each.hasNext(); ) {
      if (MessageDigest.isEqual(bytes(each.next().text), asked)) {
        each.remove();
        return true;
      }
    }
    return false;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
