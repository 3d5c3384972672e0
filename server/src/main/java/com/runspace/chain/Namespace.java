package com.runspace.chain;

/** A family of chains, by its name in CAIP-2. */
public enum Namespace {
  EIP155("eip155"),
  SOLANA("solana");

  private final String caip;

  Namespace(String caip) {
    this.caip = caip;
  }

  /** As in {@code eip155:1}. */
  public String caip() {
    return caip;
  }
}
