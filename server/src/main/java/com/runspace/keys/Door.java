package com.runspace.keys;

/** A surface that a credential can open. */
public enum Door {
  /** The OpenAI-compatible API under {@code /v1}. */
  API,
  /** The MCP server. */
  MCP
}
