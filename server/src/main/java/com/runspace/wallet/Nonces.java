package com.runspace.wallet;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Randomness;
import com.runspace.base.Time;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Nonces that need not be kept to be known again: the time, random bits, and a MAC over both and
 * over whom and what the nonce is for. Asking for one therefore costs no memory, and a failed try
 * cannot burn somebody else's. That each is used once is seen to where a sign-in is kept.
 */
final class Nonces {
  /** How long a nonce can be used. */
  static final Duration LIFE = Duration.ofMinutes(5);

  private static final String ALGORITHM = "HmacSHA256";
  private static final int TIME_BYTES = 4;
  private static final int RANDOM_BYTES = 16;
  private static final int MAC_BYTES = 16;
  private static final int BYTES = TIME_BYTES + RANDOM_BYTES + MAC_BYTES;
  private static final HexFormat HEX = HexFormat.of();

  /**
   * Whom and what a nonce is for.
   *
   * @param chain in the form of CAIP-2
   * @param browser the secret of the browser's cookie
   * @param account the account that a session is of; empty for a sign-in
   */
  record Use(Purpose purpose, String chain, String browser, String account) {}

  private final SecretKeySpec key;
  private final Time time;
  private final Randomness random;

  /**
   * Makes and knows nonces.
   *
   * @param key 32 random bytes that stay the same for as long as a nonce lives
   */
  Nonces(byte[] key, Time time, Randomness random) {
    this.key = new SecretKeySpec(key, ALGORITHM);
    this.time = time;
    this.random = random;
  }

  /** A new one: 72 hex digits. */
  String make(Use use) {
    ByteBuffer nonce = ByteBuffer.allocate(BYTES);
    nonce.putInt((int) (time.epochMillis() / 1000));
    byte[] bits = new byte[RANDOM_BYTES];
    random.fill(bits);
    nonce.put(bits);
    nonce.put(mac(nonce.array(), use), 0, MAC_BYTES);
    return HEX.formatHex(nonce.array());
  }

  /** When a nonce was made, if it was made here, for this use, and can still be used. */
  Optional<Instant> made(String text, Use use) {
    byte[] nonce;
    try {
      nonce = text.length() == 2 * BYTES ? HEX.parseHex(text) : new byte[0];
    } catch (IllegalArgumentException notHex) {
      return Optional.empty();
    }
    // One nonce has one text: else its other spelling would not be known as used.
    if (nonce.length != BYTES || !HEX.formatHex(nonce).equals(text)) {
      return Optional.empty();
    }
    byte[] mac = ByteBuffer.allocate(MAC_BYTES).put(mac(nonce, use), 0, MAC_BYTES).array();
    byte[] theirs = ByteBuffer.allocate(MAC_BYTES).put(nonce, BYTES - MAC_BYTES, MAC_BYTES).array();
    if (!MessageDigest.isEqual(mac, theirs)) {
      return Optional.empty();
    }
    Instant made = Instant.ofEpochSecond(Integer.toUnsignedLong(ByteBuffer.wrap(nonce).getInt()));
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    boolean alive = now.isBefore(made.plus(LIFE)) && !made.isAfter(now);
    return alive ? Optional.of(made) : Optional.empty();
  }

  private byte[] mac(byte[] nonce, Use use) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(nonce, 0, TIME_BYTES + RANDOM_BYTES);
      for (String part :
          new String[] {use.purpose().wireName(), use.chain(), use.browser(), use.account()}) {
        byte[] bytes = part.getBytes(UTF_8);
        // With its length before each part, so that no two rows of parts are the same bytes.
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        mac.update(bytes);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
