package com.runspace.wallet;

import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.Base58;
import com.runspace.chain.Ed25519;
import com.runspace.chain.Hex;
import com.runspace.chain.Keccak;
import com.runspace.chain.Namespace;
import com.runspace.chain.Secp256k1;
import com.runspace.wallet.WalletTable.Signer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** Whether a wallet has signed a text. */
final class Signatures {
  private static final int SIGNATURE_TEXT_MAX = 8 << 10;
  private static final int ED25519_BYTES = 64;
  private static final String EVM = Namespace.EIP155.caip() + ":";

  /** The end of a signature of a contract that does not exist yet (ERC-6492). */
  private static final String NOT_YET = "6492".repeat(16);

  /** How a Solana wallet was asked to sign. */
  enum Kind {
    /** The text itself. */
    MESSAGE,
    /** The wallet wrote the text by itself (Sign in with Solana). */
    SIGN_IN,
    /** The text in an envelope. */
    OFFCHAIN;

    static Kind of(@Nullable String name) {
      if (name == null) {
        return MESSAGE;
      }
      for (Kind kind : values()) {
        if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("A kind is message, sign_in or offchain.");
    }
  }

  /** What came of a check. */
  sealed interface Verdict {}

  record Valid(Signer signer) implements Verdict {}

  record Invalid(String why) implements Verdict {}

  /** The chain could not be asked. */
  record Unknown() implements Verdict {}

  private static final int QUESTIONS = 30;
  private static final long QUESTION_NANOS = 2 * 60_000_000_000L;
  private static final int ADDRESSES_MAX = 50_000;

  private final ContractWallets contracts;
  private final Time time;

  /** When each address will have all its questions again, in monotonic nanoseconds. */
  private final ConcurrentMap<Address, Long> asked = new ConcurrentHashMap<>();

  Signatures(ContractWallets contracts, Time time) {
    this.contracts = contracts;
    this.time = time;
  }

  /**
   * A question to a chain costs, so there are thirty an hour for each address. A signature by the
   * address's own key is never counted, so nobody can keep its holder out.
   */
  private boolean mayAsk(Address address) {
    long now = time.nanos();
    if (asked.size() >= ADDRESSES_MAX) {
      asked.values().removeIf(full -> full - now <= 0);
    }
    if (asked.size() >= ADDRESSES_MAX && !asked.containsKey(address)) {
      return false;
    }
    boolean[] may = new boolean[1];
    asked.compute(
        address,
        (_, before) -> {
          long from = before == null || before - now < 0 ? now : before;
          may[0] = from + QUESTION_NANOS - now <= QUESTIONS * QUESTION_NANOS;
          return may[0] ? from + QUESTION_NANOS : from;
        });
    return may[0];
  }

  /**
   * Checks a signature of an EVM wallet. Its key is tried first and alone decides for accounts that
   * have one, those that delegate to code (EIP-7702) included; what does not match may be a
   * contract's, which is asked on the chain that the message names.
   */
  Verdict evm(Address address, String chain, byte[] text, String signature) {
    byte[] bytes = signature.length() > SIGNATURE_TEXT_MAX ? null : Hex.bytes(signature);
    if (bytes == null) {
      return new Invalid("The signature must be 0x and pairs of hex digits, at most 4 KiB.");
    }
    byte[] hash = Keccak.personal(text);
    if (address.equals(Secp256k1.recover(hash, bytes))) {
      return new Valid(new Signer(address, ""));
    }
    if (signature.toLowerCase(Locale.ROOT).endsWith(NOT_YET)) {
      return new Invalid(
          "A contract wallet that is not deployed yet cannot sign in: deploy it first.");
    }
    if (!mayAsk(address)) {
      return new Unknown();
    }
    long chainId = Long.parseLong(chain.substring(EVM.length()));
    return switch (contracts.check(chainId, address, hash, bytes)) {
      case VALID -> new Valid(new Signer(address, chain));
      case INVALID -> new Invalid("The signature is not one of this wallet for this message.");
      case UNAVAILABLE -> new Unknown();
    };
  }

  /**
   * Checks a signature of a Solana wallet.
   *
   * @param kindName how the wallet was asked to sign; null for the message itself
   * @param signed what the wallet says it signed, as Base64; null when it does not say. It is
   *     compared with what it had to sign, not read
   * @throws IllegalArgumentException with a sentence for people when the kind is none
   */
  static Verdict solana(
      Address address,
      @Nullable String kindName,
      byte[] text,
      String signature,
      @Nullable String signed) {
    Kind kind = Kind.of(kindName);
    byte[] key = address.bytes();
    byte[] said = signed == null ? null : base64(signed);
    byte[] expected = text;
    if (kind == Kind.OFFCHAIN) {
      expected = OffchainMessage.of(said, key, text);
    }
    boolean other = signed != null && (said == null || !Arrays.equals(said, expected));
    if (expected == null || other) {
      return new Invalid("The wallet signed another message than the one it was sent.");
    }
    for (byte[] candidate : solanaSignatures(signature)) {
      if (Ed25519.verify(key, expected, candidate)) {
        return new Valid(new Signer(address, ""));
      }
    }
    return new Invalid("The signature is not one of this wallet for this message.");
  }

  /** Base64 and Base58 share most of their digits, so a text may be read as both. */
  private static List<byte[]> solanaSignatures(String text) {
    List<byte[]> found = new ArrayList<>();
    byte[] base58 = Base58.decode(text, ED25519_BYTES);
    if (base58 != null) {
      found.add(base58);
    }
    byte[] base64 = base64(text);
    if (base64 != null && base64.length == ED25519_BYTES) {
      found.add(base64);
    }
    return found;
  }

  private static byte @Nullable [] base64(String text) {
    if (text.length() > SIGNATURE_TEXT_MAX) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }
}
