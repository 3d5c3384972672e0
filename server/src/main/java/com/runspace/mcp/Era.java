package com.runspace.mcp;

import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two generations of the protocol that are in use. In the legacy one a client says once, with
 * {@code initialize}, which version it speaks; in the modern one each request says so in {@code
 * params._meta}, and headers repeat what a proxy needs to know.
 */
enum Era {
  LEGACY,
  MODERN;

  static final String NEWEST_LEGACY = "2025-11-25";
  static final String MODERN_VERSION = "2026-07-28";

  /** What a request without the header speaks (2025-11-25, basic/transports). */
  static final String UNSAID = "2025-03-26";

  static final List<String> LEGACY_VERSIONS =
      List.of(NEWEST_LEGACY, "2025-06-18", UNSAID, "2024-11-05");

  static final String META_VERSION = "io.modelcontextprotocol/protocolVersion";
  static final String META_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
  static final String META_SERVER = "io.modelcontextprotocol/serverInfo";

  /**
   * Tells the era of a message.
   *
   * @param header the {@code MCP-Protocol-Version} header; null for none
   */
  static Era of(JsonObject message, @Nullable String header) {
    JsonObject meta = Message.object(Message.object(message, "params"), "_meta");
    // Versions are days, so their order as text is their order in time.
    boolean modernHeader = header != null && header.compareTo(MODERN_VERSION) >= 0;
    return meta.containsKey(META_VERSION) || modernHeader ? MODERN : LEGACY;
  }
}
