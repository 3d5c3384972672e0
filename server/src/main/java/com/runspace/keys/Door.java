package com.runspace.keys;

import java.util.Set;

/** A surface that a credential can open. */
public enum Door {
  /** The OpenAI-compatible API under {@code /v1}. */
  API,
  /** The MCP server. */
  MCP,
  /** The chat of the dashboard; nobody ever sees the text of a credential for it. */
  PLAYGROUND;

  /** What a key opens unless its owner says otherwise. */
  public static final Set<Door> OF_KEYS = Set.of(API, MCP);
}
