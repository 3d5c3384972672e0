package com.runspace.workshop;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The loads, and for how long each is run. */
enum Scenario {
  JSON1K("JSON, 1 KB body, 64 connections, saturation", "request"),
  JSON32K("JSON, 32 KB body, 64 connections, saturation", "request"),
  RATE("JSON, 1 KB body, 2,000 requests/s", "request"),
  SSE("SSE, 250 streams, an event each 20 ms", "event"),
  IDLE("SSE, slow streams, an event each 5 s", "event");

  /** So many events has every stream, idle ones too. */
  static final int EVENTS = 100;

  private static final Duration SSE_INTERVAL = Duration.ofMillis(20);
  private static final Duration IDLE_INTERVAL = Duration.ofSeconds(5);

  private final String title;
  private final String unit;

  Scenario(String title, String unit) {
    this.title = title;
    this.unit = unit;
  }

  static Scenario named(String name) {
    for (Scenario scenario : values()) {
      if (scenario.label().equals(name)) {
        return scenario;
      }
    }
    String known = Arrays.stream(values()).map(Scenario::label).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("--scenario knows " + known + ", not " + name);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  String title() {
    return title;
  }

  /** What CPU time is divided by. */
  String unit() {
    return unit;
  }

  /** At saturation latency is the length of the queue and says nothing about the way. */
  boolean hasLatency() {
    return this != JSON1K && this != JSON32K;
  }

  Duration interval() {
    return this == IDLE ? IDLE_INTERVAL : SSE_INTERVAL;
  }

  /** The plan of a counted run. */
  LoadPlan plan(Gateway to, Options options) {
    Duration window = Duration.ofSeconds(options.quick() ? 2 : 10);
    Duration ramp = Duration.ofSeconds(options.quick() ? 1 : 4);
    return switch (this) {
      case JSON1K -> json(LoadPlan.Mode.SATURATE, to, 0, 1024, ramp, window);
      case JSON32K -> json(LoadPlan.Mode.SATURATE, to, 0, 32 * 1024, ramp, window);
      case RATE -> json(LoadPlan.Mode.RATE, to, 2_000, 1024, ramp, window);
      case SSE -> {
        // A stream lasts about two seconds: spread over that, the ends come one by one, too.
        Duration spread = SSE_INTERVAL.multipliedBy(EVENTS);
        yield streams(LoadPlan.Mode.STREAM, to, 250, spread, spread.plus(ramp), window);
      }
      case IDLE -> {
        // Gateways that need a millisecond for a request are not to drown in the beginning.
        Duration spread = Duration.ofMillis(options.idleStreams() * (options.quick() ? 1L : 3L));
        Duration until = spread.plus(IDLE_INTERVAL);
        Duration held = options.quick() ? IDLE_INTERVAL : Duration.ofSeconds(30);
        yield streams(LoadPlan.Mode.HOLD, to, options.idleStreams(), spread, until, held);
      }
    };
  }

  /** The same load, for a gateway whose code is compiled while it runs. */
  LoadPlan warmUp(Gateway to, Options options) {
    LoadPlan plan = plan(to, options);
    return new LoadPlan(
        plan.mode(),
        plan.ports(),
        plan.headers(),
        plan.connections(),
        plan.ratePerSecond(),
        plan.bodyBytes(),
        plan.events(),
        plan.spread(),
        Duration.ZERO,
        Duration.ofSeconds(options.quick() ? 3 : 20),
        List.of(),
        /* keys= */ null);
  }

  private static LoadPlan json(
      LoadPlan.Mode mode, Gateway to, int rate, int bodyBytes, Duration ramp, Duration window) {
    return new LoadPlan(
        mode,
        List.of(to.port()),
        to.headers(),
        64,
        rate,
        bodyBytes,
        EVENTS,
        Duration.ZERO,
        ramp,
        window,
        to.pids(),
        /* keys= */ null);
  }

  private static LoadPlan streams(
      LoadPlan.Mode mode,
      Gateway to,
      int connections,
      Duration spread,
      Duration ramp,
      Duration window) {
    return new LoadPlan(
        mode,
        List.of(to.port()),
        to.headers(),
        connections,
        0,
        1024,
        EVENTS,
        spread,
        ramp,
        window,
        to.pids(),
        /* keys= */ null);
  }
}
