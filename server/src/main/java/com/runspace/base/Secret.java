package com.runspace.base;

/** A text that must never reach a log: {@link #toString} shows its last four characters only. */
public final class Secret {
  private final String text;

  public Secret(String text) {
    this.text = text;
  }

  /** The whole text. Call it only where it is put on the wire or shown to its owner. */
  public String reveal() {
    return text;
  }

  @Override
  public String toString() {
    return text.length() < 12 ? "…" : "…" + text.substring(text.length() - 4);
  }
}
