package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.base.Watch;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.models.Model;
import com.runspace.models.Quote;
import com.runspace.upstream.AnswerListener;
import com.runspace.upstream.Sent;
import com.runspace.upstream.Timeouts;
import com.runspace.upstream.Upstream;
import com.runspace.upstream.UpstreamFault;
import com.runspace.upstream.Ways;
import com.runspace.wire.AnswerEdit;
import com.runspace.wire.ApiError;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal;
import com.runspace.wire.Repairs;
import com.runspace.wire.Usage;
import io.vertx.core.buffer.Buffer;
import java.lang.System.Logger;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One call from its admission to its end.
 *
 * <p>It goes through four stages: it may wait for what other nodes or calls have; it is sent, to
 * one route after another until one takes it; its answer is passed on; it is over. Whatever happens
 * first ends it: the answer, the caller leaving, the provider failing, a deadline. Each of these
 * settles the hold, and only the first one does.
 */
final class ChatCall extends Watch.Watched implements AnswerListener {
  private static final Logger LOG = System.getLogger(ChatCall.class.getName());

  private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(US_ASCII);
  private static final long SECOND = 1_000_000_000L;
  private static final long HEAD_WAIT_NANOS = 10 * SECOND;
  private static final long COMMENT_NANOS = 15 * SECOND;
  private static final long END_WAIT_NANOS = 5 * SECOND;
  private static final int ERROR_BYTES_MAX = 64 << 10;

  private enum Stage {
    WAITING,
    SENT,
    ANSWERING,
    OVER
  }

  private final Loop loop;
  private final String id;
  private final boolean stream;
  private final long promptBytes;
  private final Model model;
  private final Quote quote;
  private final Completion.Entrance entrance;
  private final Sink sink;
  private final Ways ways;
  private final long startedNanos;
  private final AnswerEdit edit;

  private Stage stage = Stage.WAITING;
  // Needed until a provider has taken the call; an answer can take minutes, and bodies are large.
  private @Nullable ChatRequest request;
  private @Nullable Meter meter;
  private @Nullable Upstream upstream;
  private Repairs repairs = Repairs.NONE;
  private @Nullable Sent sent;
  private @Nullable Relay relay;
  private @Nullable PlainAnswer plain;
  private @Nullable ProviderRefusal refused;
  private @Nullable Refusal lastRefusal;
  private long outputLimit;
  private long sentNanos;
  private long heardNanos;
  private long wroteNanos;

  ChatCall(
      Loop loop,
      Completion.Entrance entrance,
      ChatRequest request,
      Model model,
      Quote quote,
      Sink sink) {
    this.loop = loop;
    this.entrance = entrance;
    this.id = entrance.call().id();
    this.request = request;
    this.stream = request.stream();
    this.promptBytes = request.promptBytes();
    this.model = model;
    this.quote = quote;
    this.sink = sink;
    long tokens = model.estimateTokens(promptBytes) + quote.outputLimit();
    this.ways = loop.upstreams().ways(model, new Ways.Needs(tokens, request.hasRemoteMedia()));
    this.startedNanos = loop.watch().now();
    byte[] idJson = ("\"chatcmpl-" + id + '"').getBytes(US_ASCII);
    this.edit = new AnswerEdit(idJson, loop.quoted(model.id()));
  }

  /** Lets the call in and sends the request; the rest happens by itself. */
  void start() {
    sink.onGone(this::callerLeft);
    loop.watch().add(this);
    entrance.tryNow(this);
  }

  /** The call may run: money is held for it. */
  void admitted(Hold hold) {
    outputLimit = quote.outputLimitFor(hold.amount());
    boolean shortened = outputLimit < quote.outputLimit();
    meter = new Meter(model, quote, hold, promptBytes, shortened, loop, sink);
    sendToNextRoute();
  }

  private void sendToNextRoute() {
    Upstream next = ways.next(loop.watch().now());
    if (next == null || request == null) {
      long rest = ways.restSeconds(loop.watch().now());
      Refusal last = lastRefusal;
      fail(last == null ? ProviderRefusal.unavailable(model.id(), rest) : last, true);
      return;
    }
    upstream = next;
    repairs = Repairs.of(ways.route().repairs());
    stage = Stage.SENT;
    sentNanos = heardNanos = loop.watch().now();
    sent = next.send(request, ways.route().model(), outputLimit, this);
  }

  @Override
  public void head(int status, String contentType, long retryAfterSeconds) {
    heard();
    if (status / 100 != 2) {
      refused = new ProviderRefusal(status, retryAfterSeconds, model);
      return;
    }
    if (stream && Relay.isNoStream(contentType)) {
      noAnswer("The provider did not stream the answer.");
      return;
    }
    stage = Stage.ANSWERING;
    if (stream && sent != null && meter != null && request != null) {
      relay = new Relay(this, request, loop, sink, sent, meter, edit, repairs.forOneCall());
      loop.open(sink);
      wrote();
    } else {
      plain = new PlainAnswer(loop.budget(), loop.scan(), repairs.forOneCall());
    }
    forgetRequest();
  }

  @Override
  public void bytes(Buffer bytes) {
    if (stage != Stage.OVER) {
      heard();
    }
    if (relay != null) {
      relay.bytes(bytes);
    } else if (refused != null) {
      if (!refused.add(bytes, ERROR_BYTES_MAX)) {
        // First, since the end may send the call on to the next provider.
        cancelUpstream();
        end();
      }
    } else if (plain != null && !plain.add(bytes)) {
      fail(
          Refusal.of(ApiError.UPSTREAM_BROKEN, "The answer was too large to be passed on."), false);
    }
  }

  @Override
  public void end() {
    if (stage == Stage.OVER) {
      loop.watch().remove(this);
    } else if (relay != null) {
      relay.end();
      loop.watch().remove(this);
    } else if (refused != null) {
      turnedAway(refused);
    } else if (plain != null && meter != null) {
      endPlain(plain, meter);
    }
  }

  private void endPlain(PlainAnswer answer, Meter counted) {
    byte[] json =
        answer.spliced(counted, edit, () -> counted.usageJson(settle(Ended.COMPLETE, false)));
    if (json == null) {
      noAnswer("The provider's answer was no chat completion.");
      return;
    }
    over();
    loop.turn().whenRecorded(() -> sink.answer(json));
  }

  /** The provider said no. Another route is tried where that cannot run the call twice. */
  private void turnedAway(ProviderRefusal answer) {
    refused = null;
    lastRefusal = answer.refusal();
    answer.report(ways, loop.watch().now());
    loop.observer().turnedAway(providerName(), answer.outcome());
    if (answer.mayTryAnother()) {
      sendToNextRoute();
    } else {
      fail(lastRefusal, true);
    }
  }

  @Override
  public void failed(UpstreamFault fault) {
    LOG.log(
        Logger.Level.WARNING,
        () -> id + ": " + providerName() + ": " + fault.kind() + " (" + fault.detail() + ")");
    loop.observer().turnedAway(providerName(), fault.kind().name().toLowerCase(Locale.ROOT));
    if (stage == Stage.OVER) {
      loop.watch().remove(this);
    } else if (relay != null) {
      relay.broken("The connection to the provider broke.");
      loop.watch().remove(this);
    } else if (refused != null) {
      turnedAway(refused);
    } else if (fault.kind() == UpstreamFault.Kind.NO_CONNECTION) {
      ways.failed(loop.watch().now());
      lastRefusal = null;
      sendToNextRoute();
    } else {
      noAnswer("The connection to the provider broke.");
    }
  }

  private void noAnswer(String message) {
    ways.failed(loop.watch().now());
    fail(Refusal.of(ApiError.UPSTREAM_BROKEN, message), true);
  }

  /** Ends the call with a refusal, as a status or, after the head, as an event. */
  private void fail(Refusal refusal, boolean nothingUsed) {
    settle(Ended.UPSTREAM_FAILED, nothingUsed);
    refuse(refusal);
  }

  /** Ends the call, settled or never let in, with what its caller is to hear. */
  void refuse(Refusal refusal) {
    over();
    cancelUpstream();
    loop.ledger().flush();
    if (sink.isOpen()) {
      sink.write(Refusals.event(refusal));
      sink.end();
    } else {
      sink.refuse(refusal);
    }
  }

  private void callerLeft() {
    if (stage == Stage.OVER) {
      return;
    }
    settle(Ended.CLIENT_LEFT, sent == null || !sent.isWritten());
    over();
    cancelUpstream();
    loop.ledger().flush();
  }

  private void forgetRequest() {
    request = null;
    sink.forgetRequest();
  }

  private void over() {
    stage = Stage.OVER;
    entrance.leave(0);
    forgetRequest();
    loop.watch().remove(this);
    if (relay != null) {
      relay.abandon();
    }
    if (plain != null) {
      plain.discard();
    }
  }

  private void cancelUpstream() {
    if (sent != null) {
      sent.cancel();
    }
  }

  /** The relay has sent its last event; the provider may still have to end its HTTP answer. */
  void answered() {
    stage = Stage.OVER;
    heard();
  }

  /** Something came from the provider, or silence began to count anew. */
  void heard() {
    heardNanos = loop.watch().now();
  }

  /** Something went to the caller. */
  void wrote() {
    wroteNanos = loop.watch().now();
  }

  Usage settle(Ended ended, boolean nothingUsed) {
    if (meter == null) {
      return new Usage(0, 0, 0, 0);
    }
    if (ended == Ended.COMPLETE) {
      ways.succeeded();
    } else if (relay != null && ended == Ended.UPSTREAM_FAILED) {
      ways.failed(loop.watch().now());
    }
    Usage usage = meter.settle(providerName(), ended, nothingUsed);
    entrance.leave(usage.prompt() + usage.completion());
    return usage;
  }

  @Override
  protected void tick(long nowNanos) {
    if (stage != Stage.OVER && entrance.call().caller().isRevoked()) {
      cutOff(Refusals.invalidKey(false), Ended.REVOKED);
      return;
    }
    switch (stage) {
      case WAITING -> entrance.tryNow(this);
      case SENT, ANSWERING -> deadlines(nowNanos);
      case OVER -> {
        // A provider that does not end its answer after the end mark is not waited for.
        if (nowNanos - heardNanos > END_WAIT_NANOS) {
          cancelUpstream();
          loop.watch().remove(this);
        }
      }
    }
  }

  private void deadlines(long nowNanos) {
    if (upstream == null) {
      return;
    }
    Timeouts timeouts = upstream.provider().timeouts();
    boolean slow =
        stage == Stage.SENT
            ? nowNanos - sentNanos > timeouts.firstByte().toNanos()
            : nowNanos - heardNanos > timeouts.betweenBytes().toNanos()
                && (relay == null || !relay.isPaused());
    boolean late = slow || nowNanos - startedNanos > timeouts.call().toNanos();
    if (late && relay == null && refused != null) {
      cancelUpstream();
      turnedAway(refused);
      return;
    }
    if (late) {
      ways.failed(nowNanos);
      cutOff(ProviderRefusal.TOO_LATE, Ended.DEADLINE);
      return;
    }
    if (relay != null) {
      relay.tick(nowNanos);
    }
    if (stream && !sink.isOpen() && nowNanos - startedNanos > HEAD_WAIT_NANOS) {
      loop.open(sink);
      wrote();
    }
    if (sink.isOpen() && nowNanos - wroteNanos > COMMENT_NANOS && !sink.isFull()) {
      sink.write(COMMENT);
      wroteNanos = nowNanos;
    }
  }

  /** Ends the call from our side. */
  private void cutOff(Refusal refusal, Ended ended) {
    cancelUpstream();
    if (relay != null) {
      relay.broken(refusal, ended);
      loop.watch().remove(this);
    } else {
      settle(ended, ended == Ended.DEADLINE || sent == null || !sent.isWritten());
      refuse(refusal);
    }
  }

  private String providerName() {
    return upstream == null ? "" : upstream.provider().name();
  }
}
