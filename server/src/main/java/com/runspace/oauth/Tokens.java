package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.keys.StoredKeyring;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The access tokens that open the MCP server, by their hashes, in memory: what a token stands for
 * is the credential of its grant, with the life and the cap that its holder chose, so a revoked
 * grant is gone from here at once. Looking one up never blocks. Safe to share between threads.
 *
 * <p>Tokens are 256 random bits and say nothing by themselves; only hashes of them are kept.
 */
public final class Tokens implements Keyring {
  static final String ACCESS = "rso_at_";
  static final String REFRESH = "rso_rt_";
  static final String CODE = "rso_ac_";

  private static final int BYTES = 32;
  private static final int DIGITS = 43;
  private static final String DERIVATION = "HmacSHA256";

  private record Access(String keyId, long untilMillis) {}

  private final StoredKeyring keyring;
  private final GrantTable table;
  private final String resource;
  private final Time time;
  private final ConcurrentMap<String, Access> live = new ConcurrentHashMap<>();

  Tokens(StoredKeyring keyring, GrantTable table, String resource, Time time) {
    this.keyring = keyring;
    this.table = table;
    this.resource = resource;
    this.time = time;
  }

  /**
   * Takes in all tokens of the store, also those that another node has given out. Those that were
   * revoked end with the credential that they stand for. Blocks.
   */
  public void resync() throws SQLException {
    // "MUST validate that access tokens were issued specifically for them" (MCP): those for another
    // resource are never here to be found.
    take(table.live(resource, time.epochMillis()));
  }

  /** Takes in the tokens that another node has given out for a grant. Blocks. */
  public void heard(String grant) throws SQLException {
    take(table.liveOf(grant, resource, time.epochMillis()));
  }

  private void take(List<GrantTable.Live> found) {
    found.forEach(each -> add(each.hash(), each.key(), each.expires()));
  }

  /** Who calls with an access token; empty when it is none, is over, or its grant is. */
  @Override
  public Optional<Caller> find(String bearer) {
    if (!hasForm(bearer, ACCESS)) {
      return Optional.empty();
    }
    Access access = live.get(hash(bearer));
    if (access == null || time.epochMillis() >= access.untilMillis) {
      return Optional.empty();
    }
    Optional<Caller> caller = keyring.live(access.keyId);
    caller.ifPresent(keyring::used);
    return caller;
  }

  void add(String hash, String keyId, long untilMillis) {
    live.put(hash, new Access(keyId, untilMillis));
  }

  void remove(String hash) {
    live.remove(hash);
  }

  /** Forgets what opens nothing any more. */
  void sweep() {
    long now = time.epochMillis();
    live.values().removeIf(each -> now >= each.untilMillis || keyring.live(each.keyId).isEmpty());
  }

  int size() {
    return live.size();
  }

  static boolean hasForm(String text, String prefix) {
    return text.length() == prefix.length() + DIGITS && text.startsWith(prefix);
  }

  static Secret make(String prefix, Randomness random) {
    byte[] bits = new byte[BYTES];
    random.fill(bits);
    return new Secret(prefix + text(bits));
  }

  /** A random value that is stored as it is, since alone it gives nothing. */
  static String seed(Randomness random) {
    byte[] bits = new byte[BYTES];
    random.fill(bits);
    return HexFormat.of().formatHex(bits);
  }

  /**
   * The token that follows another one. It can be made again from both the former token, which only
   * its holder has, and the seed, which only we have: so the same retry has the same answer, and no
   * token is stored.
   */
  static Secret after(String former, String seed, String prefix) {
    try {
      Mac mac = Mac.getInstance(DERIVATION);
      mac.init(new SecretKeySpec(former.getBytes(UTF_8), DERIVATION));
      return new Secret(prefix + text(mac.doFinal((prefix + seed).getBytes(UTF_8))));
    } catch (GeneralSecurityException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }

  /** SHA-256 as 64 hex digits: with 256 random bits a fast hash is enough. */
  static String hash(String text) {
    return HexFormat.of().formatHex(sha256(text));
  }

  /** "code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))" (RFC 7636, section 4.2). */
  static String challenge(String verifier) {
    return text(sha256(verifier));
  }

  static boolean fits(String verifier, String challenge) {
    return MessageDigest.isEqual(challenge(verifier).getBytes(UTF_8), challenge.getBytes(UTF_8));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (GeneralSecurityException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }

  private static String text(byte[] bits) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }
}
