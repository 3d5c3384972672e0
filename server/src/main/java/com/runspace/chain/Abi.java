package com.runspace.chain;

import java.math.BigInteger;
import java.util.HexFormat;

/** The few calls of contracts that are made, as data, by hand. */
final class Abi {
  static final String TRANSFER = Hex.of(Keccak.hash(bytes("Transfer(address,address,uint256)")));

  private static final String BALANCE_OF = "0x70a08231";
  private static final String DECIMALS = "0x313ce567";
  private static final String IS_VALID_SIGNATURE = "0x1626ba7e";
  private static final int WORD = 32;
  private static final HexFormat FORM = HexFormat.of();

  private Abi() {}

  static String balanceOf(Address holder) {
    return BALANCE_OF + word(holder).substring(2);
  }

  static String decimals() {
    return DECIMALS;
  }

  /** {@code isValidSignature(bytes32,bytes)} of ERC-1271. */
  static String isValidSignature(byte[] hash, byte[] signature) {
    StringBuilder data = new StringBuilder(IS_VALID_SIGNATURE).append(FORM.formatHex(hash));
    data.append(word(BigInteger.valueOf(2 * WORD)));
    data.append(word(BigInteger.valueOf(signature.length))).append(FORM.formatHex(signature));
    int rest = signature.length % WORD;
    return data.append("00".repeat(rest == 0 ? 0 : WORD - rest)).toString();
  }

  /**
   * Whether a contract said yes: ERC-1271's value and nothing behind it in the word. A contract
   * that echoes what it is sent begins its answer with the same four bytes, and says nothing.
   */
  static boolean saysValid(byte[] answer) {
    return answer.length >= WORD
        && Hex.of(answer).startsWith(IS_VALID_SIGNATURE + "00".repeat(WORD - 4));
  }

  /** The one word of an answer; what is shorter or longer is none. */
  static BigInteger number(byte[] answer) {
    if (answer.length != WORD) {
      throw new IllegalArgumentException("an answer of " + answer.length + " bytes is no number");
    }
    return new BigInteger(1, answer);
  }

  /** An address as a word, with {@code 0x}: as an argument or a topic. */
  static String word(Address address) {
    return "0x" + "00".repeat(12) + address.text().substring(2);
  }

  private static String word(BigInteger number) {
    String digits = number.toString(16);
    return "0".repeat(2 * WORD - digits.length()) + digits;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }
}
