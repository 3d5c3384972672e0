package com.runspace.chain;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Locale;

/**
 * A wallet's address in its one canonical form, in which equal addresses have equal text.
 *
 * @param text {@code 0x} and 40 lower-case hex digits, or Base58 of 32 bytes
 */
public record Address(Namespace namespace, String text) {
  private static final int EVM_BYTES = 20;
  private static final int SOLANA_BYTES = 32;

  public Address {
    boolean canonical =
        switch (namespace) {
          case EIP155 -> isEvm(text) && text.equals(text.toLowerCase(Locale.ROOT));
          case SOLANA -> Base58.decode(text, SOLANA_BYTES) != null;
        };
    if (!canonical) {
      throw new IllegalArgumentException("not the canonical form of an address");
    }
  }

  private static boolean isEvm(String text) {
    byte[] bytes = Hex.bytes(text);
    return bytes != null && bytes.length == EVM_BYTES;
  }

  /**
   * Reads an address of either family as people write it. An EVM address is all in lower case or
   * has the right checksum of EIP-55: one that has a wrong one was mistyped.
   *
   * @throws IllegalArgumentException with a sentence for people when it is none
   */
  public static Address parse(String text) {
    if (!text.startsWith("0x")) {
      if (Base58.decode(text, SOLANA_BYTES) == null) {
        throw new IllegalArgumentException(
            "This is no address: an EVM address is 0x and 40 hex digits, a Solana address is"
                + " Base58 of 32 bytes.");
      }
      return new Address(Namespace.SOLANA, text);
    }
    if (!isEvm(text)) {
      throw new IllegalArgumentException("An EVM address is 0x and 40 hex digits.");
    }
    Address address = new Address(Namespace.EIP155, text.toLowerCase(Locale.ROOT));
    if (!text.equals(address.text) && !text.equals(address.shown())) {
      throw new IllegalArgumentException(
          "The checksum of this address is wrong (EIP-55): a character was mistyped.");
    }
    return address;
  }

  /**
   * Reads an address of one family.
   *
   * @throws IllegalArgumentException with a sentence for people when it is none
   */
  public static Address parse(Namespace namespace, String text) {
    Address address = parse(text);
    if (address.namespace != namespace) {
      throw new IllegalArgumentException(
          namespace == Namespace.EIP155
              ? "An EVM address is 0x and 40 hex digits."
              : "A Solana address is Base58 of 32 bytes.");
    }
    return address;
  }

  /** The EVM address of these 20 bytes, or the Solana address of these 32. */
  public static Address of(byte[] bytes) {
    return switch (bytes.length) {
      case EVM_BYTES -> new Address(Namespace.EIP155, Hex.of(bytes));
      case SOLANA_BYTES -> new Address(Namespace.SOLANA, Base58.encode(bytes));
      default -> throw new IllegalArgumentException("an address has 20 or 32 bytes");
    };
  }

  /** The 20 bytes of an EVM address, the 32 of a Solana one. */
  public byte[] bytes() {
    byte[] bytes = namespace == Namespace.EIP155 ? Hex.bytes(text) : Base58.decode(text);
    if (bytes == null) {
      throw new IllegalStateException("an address without bytes");
    }
    return bytes;
  }

  /** As people see it: with the checksum of EIP-55 where there is one. */
  public String shown() {
    if (namespace != Namespace.EIP155) {
      return text;
    }
    byte[] hash = Keccak.hash(text.substring(2).getBytes(US_ASCII));
    StringBuilder shown = new StringBuilder(text);
    for (int i = 2; i < shown.length(); i++) {
      int nibble = (hash[(i - 2) / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xf;
      if (nibble >= 8) {
        shown.setCharAt(i, Character.toUpperCase(shown.charAt(i)));
      }
    }
    return shown.toString();
  }

  /** Shortened for a narrow place; the whole is to be had beside it. */
  public String brief() {
    String shown = shown();
    return shown.substring(0, 6) + "…" + shown.substring(shown.length() - 4);
  }

  @Override
  public String toString() {
    return shown();
  }
}
