package com.runspace.keys;

import java.util.Optional;

/** All live credentials, in memory. Safe to share between threads; never blocks. */
public interface Keyring {
  /**
   * Finds who calls with this bearer text.
   *
   * @return empty for a text that is no live key: unknown, revoked or expired
   */
  Optional<Caller> find(String bearer);
}
