package com.runspace.mcp;

import static java.util.Objects.requireNonNull;

import com.runspace.base.Watch;
import com.runspace.gateway.Completion;
import com.runspace.gateway.Refusals;
import com.runspace.http.BodyReader;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.models.Model;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /mcp}, with a key or token as bearer, and {@code POST /mcp/KEY}, for clients that can
 * be given an address and nothing else.
 */
public final class McpEndpoint {
  /** The path; a key may stand behind it. */
  public static final String PATH = "/mcp";

  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final String BAD_TOKEN = "error=\"invalid_token\"";

  /** What all event loops share. */
  public static final class Shared {
    private final Function<String, Optional<Caller>> bearers;
    private final Function<String, Optional<Caller>> keys;
    private final Supplier<List<Model>> listed;
    private final Function<Caller, Allowance> allowances;
    private final MemoryBudget budget;
    private final Set<String> origins;
    private final String challenge;
    private final String version;
    private final InFlight inFlight = new InFlight();

    /**
     * Collects it.
     *
     * @param bearers who a credential in the header stands for: a key, or a token of a sign-in
     * @param keys who a key that stands in a path stands for
     * @param listed the models that can be called now
     * @param allowances how the day of a caller stands; never blocks
     * @param origins pages that may call from a browser; others are refused
     * @param challenge parameters of {@code WWW-Authenticate} at {@code /mcp}; may be empty
     * @param version of the program
     */
    public Shared(
        Function<String, Optional<Caller>> bearers,
        Function<String, Optional<Caller>> keys,
        Supplier<List<Model>> listed,
        Function<Caller, Allowance> allowances,
        MemoryBudget budget,
        Set<String> origins,
        String challenge,
        String version) {
      this.bearers = bearers;
      this.keys = keys;
      this.listed = listed;
      this.allowances = allowances;
      this.budget = budget;
      this.origins = Set.copyOf(origins);
      this.challenge = challenge;
      this.version = version;
    }
  }

  private final Shared shared;
  private final Watch watch;
  private final McpCore core;

  /** The endpoint of one event loop. */
  public McpEndpoint(Completion completion, Watch watch, Shared shared) {
    this(
        List.of(
            new ListModels(shared.listed, shared.allowances),
            new RunModel(completion, shared.listed, watch)),
        watch,
        shared);
  }

  /** The endpoint with these tools. */
  McpEndpoint(List<Tool> tools, Watch watch, Shared shared) {
    this.shared = shared;
    this.watch = watch;
    core = new McpCore(tools, shared.version, shared.inFlight);
  }

  /** {@code POST /mcp}. */
  public Handler withBearer() {
    return exchange -> {
      String bearer = exchange.bearer();
      serve(exchange, bearer == null ? "" : bearer, shared.bearers, shared.challenge);
    };
  }

  /**
   * {@code POST /mcp/KEY}. Its refusals name no authorization server: a client that is told of one
   * starts a sign-in that this address does not need.
   */
  public Handler withKeyInPath() {
    return exchange -> {
      String path = exchange.request().path();
      String key = path == null ? "" : path.substring(PATH.length() + 1);
      serve(exchange, key, shared.keys, "");
    };
  }

  private void serve(
      Exchange exchange,
      String credential,
      Function<String, Optional<Caller>> known,
      String challenge) {
    String origin = exchange.request().getHeader(HttpHeaders.ORIGIN);
    if (origin != null && !shared.origins.contains(origin)) {
      exchange.closeAfterAnswer();
      Refusals.send(
          exchange,
          Refusal.of(ApiError.CROSS_ORIGIN, "Pages of this origin may not call the MCP server."));
      return;
    }
    Caller caller = credential.isEmpty() ? null : known.apply(credential).orElse(null);
    if (caller == null) {
      exchange.closeAfterAnswer();
      Refusals.send(exchange, stranger(credential.isEmpty(), challenge));
      return;
    }
    exchange.caller(caller.keyId());
    if (!caller.doors().contains(Door.MCP)) {
      exchange.closeAfterAnswer();
      Refusals.send(
          exchange, Refusal.of(ApiError.KEY_SCOPE, "This key may not be used on the MCP server."));
      return;
    }
    BodyReader.read(
        exchange,
        watch,
        shared.budget,
        BODY_BYTES_MAX,
        new BodyReader.Listener() {
          @Override
          public void whole(byte[] body, MemoryBudget.Share share) {
            message(exchange, caller, body, share);
          }

          @Override
          public void refused(BodyReader.Problem problem) {
            exchange.closeAfterAnswer();
            if (problem == BodyReader.Problem.TOO_LARGE) {
              JsonObject large =
                  Message.error(null, Message.INVALID_REQUEST, "A message may have 1 MiB.");
              exchange.json(413, large.toBuffer().getBytes());
            } else {
              Refusals.send(exchange, Refusals.body(problem, exchange));
            }
          }
        });
  }

  /**
   * 401, which tells a client to renew its token or to begin a sign-in (RFC 6750, section 3; RFC
   * 9728, section 5.1).
   *
   * @param challenge what leads to a sign-in; empty for none
   */
  private static Refusal stranger(boolean missing, String challenge) {
    String text =
        missing
            ? "Send a key as 'Authorization: Bearer rsk_live_...', or sign in."
            : "The credential is unknown, revoked or expired.";
    List<String> parameters = new ArrayList<>();
    if (!missing) {
      parameters.add(BAD_TOKEN);
    }
    if (!challenge.isEmpty()) {
      parameters.add(challenge);
    }
    String header = ("Bearer " + String.join(", ", parameters)).strip();
    return Refusal.of(ApiError.INVALID_KEY, text).with("www-authenticate", header);
  }

  private void message(Exchange exchange, Caller caller, byte[] body, MemoryBudget.Share share) {
    HttpOutlet outlet = new HttpOutlet(exchange, watch, share);
    JsonObject message;
    try {
      message = new JsonObject(Buffer.buffer(body));
    } catch (DecodeException | ClassCastException notAnObject) {
      outlet.answer(
          400, Message.error(null, Message.PARSE_ERROR, "The body is not one JSON object."));
      return;
    }
    Context loop = requireNonNull(Vertx.currentContext());
    core.handle(
        new McpCore.Incoming(
            message,
            caller,
            exchange.callId(),
            name -> header(exchange, name),
            action -> () -> loop.runOnContext(_ -> action.run())),
        outlet);
  }

  /** A header that comes twice says both, and so nothing that a body could say as well. */
  private static @Nullable String header(Exchange exchange, String name) {
    List<String> values = exchange.request().headers().getAll(name);
    return values.isEmpty() ? null : String.join(", ", values);
  }
}
