package com.runspace.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.keys.KeySecret.Hash;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  private static final long SEED = 77;

  private final Randomness random = new Random(SEED)::nextBytes;

  @Test
  void keysHaveTheirFormWhateverTheBits() {
    for (int fill : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
      String key = KeySecret.make(bytes -> Arrays.fill(bytes, (byte) fill));
      assertThat(key).matches("rsk_live_[0-9A-Za-z]{49}");
      assertThat(KeySecret.isWellFormed(key)).isTrue();
    }
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      String key = KeySecret.make(random);
      assertThat(key).matches("rsk_live_[0-9A-Za-z]{49}");
      assertThat(KeySecret.isWellFormed(key)).isTrue();
      keys.add(key);
    }
    assertThat(keys).hasSize(1_000);
  }

  @Test
  void allBitsCountInTheText() {
    Set<String> keys = new HashSet<>();
    for (int bit = 0; bit < 256; bit++) {
      int at = bit;
      keys.add(KeySecret.make(bytes -> bytes[at / 8] = (byte) (1 << at % 8)));
    }
    assertThat(keys).hasSize(256);
  }

  @Test
  void everyTypoOfOneCharacterIsCaught() {
    for (int i = 0; i < 5; i++) {
      String key = KeySecret.make(random);
      for (int at = 0; at < key.length(); at++) {
        String before = key.substring(0, at);
        String after = key.substring(at + 1);
        for (char c = 0; c < 0x180; c++) {
          if (c != key.charAt(at) && KeySecret.isWellFormed(before + c + after)) {
            assertThat(before + c + after).as("seed %d, at %d", SEED, at).isEqualTo(key);
          }
        }
        assertThat(KeySecret.isWellFormed(before + after)).isFalse();
        assertThat(KeySecret.isWellFormed(before + "0" + key.substring(at))).isFalse();
      }
      for (String other : List.of("", key + " ", " " + key, key + "0", "rsk_live_", "rsk_test_")) {
        assertThat(KeySecret.isWellFormed(other)).as(other).isFalse();
      }
    }
  }

  @Test
  void everySwapOfNeighboursIsCaught() {
    for (int i = 0; i < 200; i++) {
      String key = KeySecret.make(random);
      for (int at = 0; at + 1 < key.length(); at++) {
        char[] swapped = key.toCharArray();
        swapped[at] = key.charAt(at + 1);
        swapped[at + 1] = key.charAt(at);
        String text = new String(swapped);
        if (!text.equals(key) && KeySecret.isWellFormed(text)) {
          assertThat(text).as("seed %d, key %d, at %d", SEED, i, at).isEqualTo(key);
        }
      }
    }
  }

  @Test
  void aRightChecksumDoesNotMakeOtherLettersAKey() {
    // The checksum of a text with dashes is as good as any; the text is no key all the same.
    String body = KeySecret.PREFIX + "-".repeat(43);
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(US_ASCII));
    StringBuilder digits = new StringBuilder();
    for (long rest = crc.getValue(); digits.length() < 6; rest /= 62) {
      int digit = (int) (rest % 62);
      digits.append(
          (char) (digit < 10 ? '0' + digit : digit < 36 ? 'A' + digit - 10 : 'a' + digit - 36));
    }
    assertThat(KeySecret.isWellFormed(body + digits.reverse())).isFalse();
  }

  @Test
  void hashesAreSha256AndEqualForEqualTexts() {
    // FIPS 180-2, appendix B.1.
    assertThat(Hash.of("abc"))
        .isEqualTo(
            new Hash(
                0xba7816bf8f01cfeaL, 0x414140de5dae2223L, 0xb00361a396177a9cL, 0xb410ff61f20015adL))
        .hasSameHashCodeAs(Hash.of("abc"))
        .isNotEqualTo(Hash.of("abC"));
  }

  @Test
  void theKeyringKnowsLiveKeysOnly() {
    MemoryKeyring keyring = new MemoryKeyring(random);
    AccountId account = new AccountId("local");
    Secret one = keyring.create(account, "one");
    Secret two = keyring.create(account, "two");
    Caller caller = keyring.find(one.reveal()).orElseThrow();
    assertThat(caller.account()).isEqualTo(account);
    assertThat(caller.name()).isEqualTo("one");
    assertThat(caller.doors()).containsExactlyInAnyOrder(Door.API, Door.MCP);
    assertThat(caller.mayUse("any")).isTrue();
    assertThat(caller.keyId())
        .startsWith("key_")
        .isNotEqualTo(keyring.find(two.reveal()).orElseThrow().keyId());
    assertThat(one.reveal()).doesNotContain(caller.keyId().substring(4));
    for (String other :
        List.of("", "rsk_live_", one.reveal() + " ", one.reveal().substring(1), one.toString())) {
      assertThat(keyring.find(other)).as(other).isEmpty();
    }
    assertThat(keyring.find(KeySecret.make(random))).isEmpty();
    assertThat(caller.isRevoked()).isFalse();
    keyring.revoke(one);
    assertThat(caller.isRevoked()).isTrue();
    keyring.revoke(new Secret("unknown"));
    assertThat(keyring.find(one.reveal())).isEmpty();
    assertThat(keyring.find(two.reveal())).isPresent();
  }

  @Test
  void aCallerWithAListMayUseNothingElse() {
    MemoryKeyring keyring = new MemoryKeyring(random);
    KeySettings settings =
        new KeySettings("n", Set.of(Door.API), Set.of("m"), null, Limits.NONE, null);
    Secret key = keyring.create(new AccountId("a"), settings);
    Caller caller = keyring.find(key.reveal()).orElseThrow();
    assertThat(caller.doors()).containsExactly(Door.API);
    assertThat(caller.models()).containsExactly("m");
    assertThat(caller.mayUse("m")).isTrue();
    assertThat(caller.mayUse("M")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\nb", "a\u0000"})
  void namesAndModelsHaveNoControlCharacters(String text) {
    Set<Door> doors = Set.of(Door.API);
    assertThatThrownBy(() -> KeySettings.named(text)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() ->
            new KeySettings("n", doors, Set.of(text), /* dailyCap= */ null, Limits.NONE, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNameHasAHundredCharactersAtTheMost() {
    assertThat(KeySettings.named("n".repeat(100)).name()).hasSize(100);
    assertThatThrownBy(() -> KeySettings.named("n".repeat(101)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
