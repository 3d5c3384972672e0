package com.runspace.oauth;

import com.runspace.base.Randomness;
import com.runspace.base.Time;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Requests of apps that wait for somebody's answer, each under a random handle. They live here and
 * not in the browser, so that nothing of them can be changed on the way, and signing in may take
 * another app or another tab. In memory only. Safe to share between threads.
 */
public final class Pending {
  static final Duration LIFE = Duration.ofMinutes(10);

  private static final int WAITING_MAX = 10_000;

  /**
   * What an app asks for, all of it checked.
   *
   * @param state to be given back as it came; null when none came
   */
  record Request(
      Client client,
      String redirect,
      @Nullable String state,
      String challenge,
      String scope,
      boolean refreshes) {}

  private record Waiting(Request request, long untilNanos) {}

  private final Time time;
  private final Randomness random;
  private final String secret;
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();

  public Pending(Time time, Randomness random) {
    this.time = time;
    this.random = random;
    this.secret = Tokens.seed(random);
  }

  /** Keeps a request; the oldest one gives way when there are too many. */
  synchronized String add(Request request) {
    Iterator<Waiting> oldest = waiting.values().iterator();
    while (oldest.hasNext()) {
      boolean isOver = oldest.next().untilNanos - time.nanos() <= 0;
      if (!isOver && waiting.size() < WAITING_MAX) {
        break;
      }
      oldest.remove();
    }
    String handle = Tokens.make("", random).reveal();
    waiting.put(handle, new Waiting(request, time.nanos() + LIFE.toNanos()));
    return handle;
  }

  synchronized Optional<Request> find(String handle) {
    Waiting found = waiting.get(handle);
    return found == null || found.untilNanos - time.nanos() <= 0
        ? Optional.empty()
        : Optional.of(found.request);
  }

  /** Takes a request away, so that it is answered once. */
  synchronized Optional<Request> take(String handle) {
    Optional<Request> found = find(handle);
    waiting.remove(handle);
    return found;
  }

  /** What a form must bring to answer a request: only the page shown in this session has it. */
  String token(String handle, String session) {
    return Tokens.after(secret, handle + " " + session, "").reveal();
  }

  boolean isToken(String token, String handle, String session) {
    return MessageDigest.isEqual(
        token.getBytes(StandardCharsets.UTF_8),
        token(handle, session).getBytes(StandardCharsets.UTF_8));
  }
}
