package com.runspace;

import com.runspace.cluster.Cluster;
import com.runspace.cluster.Leases;
import com.runspace.gateway.CallObserver;
import com.runspace.http.Exchange;
import com.runspace.http.Observer;
import com.runspace.journal.Backlog;
import com.runspace.journal.Settlement;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Figures of the running service in Prometheus' form, under the names of OpenTelemetry's
 * conventions for generative AI where those have one. Labels come from the settings, the route
 * table and our own lists of words, never from a caller, so that their number has a bound.
 */
final class Metrics implements Observer, CallObserver {
  static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final String CHAT = "chat";
  private static final double SECOND_NANOS = 1e9;
  private static final double[] DURATIONS = {
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
  };
  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
  };
  private static final double[] TOKENS = {
    1,
    4,
    16,
    64,
    256,
    1_024,
    4_096,
    16_384,
    65_536,
    262_144,
    1_048_576,
    4_194_304,
    16_777_216,
    67_108_864
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final LongAdder running = new LongAdder();
  private final LongAdder connections = new LongAdder();
  private final Counter requests =
      counter("runspace_requests", "Requests by route and status.", "route", "status");
  private final Counter refusals =
      counter("runspace_refusals", "Refusals by their name in the error table.", "error");
  private final Counter calls =
      counter("runspace_calls", "Calls that are over.", "model", "ended", "basis");
  private final Counter charged =
      counter("runspace_charged_nano_usd", "What calls were charged.", "model");
  private final Counter turnedAway =
      counter("runspace_provider_failures", "Calls not taken.", "provider", "outcome");
  private final Histogram tokens =
      histogram("gen_ai_client_token_usage", "Tokens of a call.", TOKENS, "gen_ai_token_type");
  private final Histogram durations =
      histogram("gen_ai_server_request_duration_seconds", "Admission to settling.", DURATIONS);
  private final Histogram firstTokens =
      histogram(
          "gen_ai_server_time_to_first_token_seconds", "Admission to first text.", FIRST_TOKEN);
  private final ConcurrentMap<String, OfModel> models = new ConcurrentHashMap<>();
  private final ConcurrentMap<Answer, CounterDataPoint> answers = new ConcurrentHashMap<>();

  private record Answer(String route, int status) {}

  private record End(Settlement.Ended ended, Settlement.Basis basis) {}

  /** The series of one model. Looking each of them up by its labels is what would cost. */
  private final class OfModel {
    private final ConcurrentMap<End, CounterDataPoint> ends = new ConcurrentHashMap<>();
    private final String model;
    private final CounterDataPoint charge;
    private final DistributionDataPoint duration;
    private final DistributionDataPoint firstToken;
    private final DistributionDataPoint input;
    private final DistributionDataPoint output;

    OfModel(String model) {
      this.model = model;
      charge = charged.labelValues(model);
      duration = durations.labelValues(CHAT, model);
      firstToken = firstTokens.labelValues(CHAT, model);
      input = tokens.labelValues(CHAT, model, "input");
      output = tokens.labelValues(CHAT, model, "output");
    }

    CounterDataPoint end(End end) {
      return ends.computeIfAbsent(
          end, _ -> calls.labelValues(model, word(end.ended), word(end.basis)));
    }
  }

  /**
   * Begins to count.
   *
   * @param bodyBytes bytes of bodies in memory now
   */
  Metrics(LongSupplier bodyBytes) {
    gauge("runspace_calls_running", "Calls in flight.", running::sum);
    gauge("runspace_connections_open", "Connections of callers.", connections::sum);
    gauge("runspace_body_bytes", "Bodies in memory.", bodyBytes);
    gauge("runspace_log_entries_dropped", "Log entries lost since the start.", Log::lost);
  }

  /** Shows what of the journal the store does not have yet. */
  void journal(Supplier<Backlog> backlog) {
    gauge(
        "runspace_journal_waiting_bytes",
        "Written and not yet in the store.",
        () -> backlog.get().waitingBytes());
    gauge("runspace_journal_segments", "Files.", () -> backlog.get().segments());
    gauge(
        "runspace_journal_open_calls",
        "Admitted and not yet settled.",
        () -> backlog.get().openCalls());
    GaugeWithCallback.builder()
        .name("runspace_post_lag_seconds")
        .help("Since the store had all that was written then; 0 when nothing waits.")
        .callback(callback -> callback.call(backlog.get().lagNanos() / SECOND_NANOS))
        .register(registry);
  }

  /** Shows also what this node shares with others. */
  void watch(Cluster cluster) {
    Leases leases = cluster.leases();
    gauge("runspace_leases", "Limits of which this node has a part.", leases::count);
    gauge(
        "runspace_store_reachable",
        "1 when the store answers.",
        () -> leases.isReachable() ? 1 : 0);
    gauge(
        "runspace_node_fenced",
        "1 when another process goes on as this node.",
        () -> leases.isFenced() ? 1 : 0);
    count("runspace_lease_operations", "Wishes that the store has answered.", leases::operations);
    count("runspace_lease_waits", "Times that a call needed more than was here.", leases::waits);
  }

  private void count(String name, String help, LongSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call((double) value.getAsLong()))
        .register(registry);
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .withoutExemplars()
        .register(registry);
  }

  private Histogram histogram(String name, String help, double[] bounds, String... more) {
    String[] labels = new String[more.length + 2];
    labels[0] = "gen_ai_operation_name";
    labels[1] = "gen_ai_request_model";
    System.arraycopy(more, 0, labels, 2, more.length);
    return Histogram.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .classicOnly()
        .classicUpperBounds(bounds)
        .withoutExemplars()
        .register(registry);
  }

  private void gauge(String name, String help, LongSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call((double) value.getAsLong()))
        .register(registry);
  }

  @Override
  public void connected() {
    connections.increment();
  }

  @Override
  public void disconnected() {
    connections.decrement();
  }

  @Override
  public void finished(Exchange exchange) {
    String route = exchange.route().isEmpty() ? "unknown" : exchange.route();
    answers
        .computeIfAbsent(
            new Answer(route, AccessLog.status(exchange)),
            answer -> requests.labelValues(answer.route, Integer.toString(answer.status)))
        .inc();
    if (!exchange.refusal().isEmpty()) {
      refusals.labelValues(exchange.refusal()).inc();
    }
  }

  @Override
  public void admitted() {
    running.increment();
  }

  @Override
  public void settled(Call call) {
    running.decrement();
    OfModel model = models.computeIfAbsent(call.model(), OfModel::new);
    Settlement settlement = call.settlement();
    model.end(new End(settlement.ended(), settlement.basis())).inc();
    model.charge.inc(call.charged().value());
    model.duration.observe(call.elapsedNanos() / SECOND_NANOS);
    if (call.firstTextNanos() > 0) {
      model.firstToken.observe(call.firstTextNanos() / SECOND_NANOS);
    }
    if (settlement.basis() != Settlement.Basis.NONE) {
      model.input.observe((double) settlement.promptTokens());
      model.output.observe((double) settlement.outputTokens());
    }
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void turnedAway(String provider, String outcome) {
    turnedAway.labelValues(provider, outcome).inc();
  }

  /** All figures as Prometheus reads them. Takes a while: not for an event loop. */
  byte[] text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
      return out.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
