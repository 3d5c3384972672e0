package com.runspace.mcp;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The calls of legacy clients that run, so that a notice of cancellation, which comes as a request
 * of its own and maybe on another event loop, finds its call. Safe to share.
 *
 * <p>There are no sessions, and ids of requests are small numbers that every client chooses for
 * itself: two chats with one key may both run a call 3. A notice is obeyed only when exactly one
 * call matches; the protocol allows to ignore one.
 */
final class InFlight {
  private record Place(String keyId, Object requestId) {}

  private final ConcurrentMap<Place, List<Runnable>> calls = new ConcurrentHashMap<>();

  /**
   * Notes a call until the returned action is run.
   *
   * @param cancel ends it; may be called on any thread
   */
  Runnable add(String keyId, Object requestId, Runnable cancel) {
    Place place = new Place(keyId, requestId);
    calls.compute(
        place,
        (_, before) -> {
          List<Runnable> after = before == null ? new ArrayList<>() : new ArrayList<>(before);
          after.add(cancel);
          return List.copyOf(after);
        });
    return () ->
        calls.computeIfPresent(
            place,
            (_, before) -> {
              List<Runnable> after = new ArrayList<>(before);
              after.remove(cancel);
              return after.isEmpty() ? null : List.copyOf(after);
            });
  }

  /** Ends the one call that matches; does nothing when none or several do. */
  void cancel(String keyId, Object requestId) {
    List<Runnable> found = calls.get(new Place(keyId, requestId));
    if (found != null && found.size() == 1) {
      found.getFirst().run();
    }
  }
}
