package com.runspace.workshop;

import java.util.ArrayList;
import java.util.List;

/** What was not as it must be, each said once, as it was found. */
final class Violations {
  private static final int SHOWN = 30;

  private final String where;
  private final List<String> said = new ArrayList<>();
  private int count;

  /**
   * None so far.
   *
   * @param where how to see them again
   */
  Violations(String where) {
    this.where = where;
  }

  synchronized void add(String what) {
    if (said.contains(what)) {
      return;
    }
    count++;
    if (said.size() < SHOWN) {
      said.add(what);
      System.out.println("VIOLATION (" + where + "): " + what);
    }
  }

  synchronized int count() {
    return count;
  }
}
