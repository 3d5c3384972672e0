package com.runspace.mcp;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Where the answer to one message goes; the transport behind it is not known here. */
interface Outlet {
  /**
   * Sends the one answer there is, and nothing after it.
   *
   * @param status the HTTP status, when none has gone out yet
   * @param body null for none, in answer to a notification
   */
  void answer(int status, @Nullable JsonObject body);

  /** Sends a message ahead of the answer, where the client takes a stream; else does nothing. */
  void ahead(JsonObject notification);

  /**
   * Runs the action once when nobody waits for the answer any more.
   *
   * @param graceMillis how long after that it still waits
   */
  void onGone(long graceMillis, Runnable action);
}
