package com.runspace.keys;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * SHA-256 of a key's text, in four words. A key has 256 random bits, so a fast hash is enough, and
 * looking it up by hash tells an attacker's clock nothing about the key.
 */
record KeyHash(long a, long b, long c, long d) {
  static KeyHash of(String secret) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer hash = ByteBuffer.wrap(digest.digest(secret.getBytes(StandardCharsets.UTF_8)));
      return new KeyHash(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
