package com.runspace.chain;

/**
 * A wallet's address in its one canonical form, in which equal addresses have equal text.
 *
 * @param text {@code 0x} and 40 lower-case hex digits, or Base58 of 32 bytes
 */
public record Address(Namespace namespace, String text) {
  /** As people see it: with the checksum of EIP-55 where there is one. */
  public String shown() {
    return text;
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
