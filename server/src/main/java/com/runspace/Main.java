package com.runspace;

/** Starts RunSpace. */
public final class Main {
  private Main() {}

  /** Says what this is; the service itself comes with the next commits. */
  public static void main(String[] args) {
    System.out.println("runspace");
  }
}
