package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Chunks;
import com.runspace.testkit.JsonShape;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import com.runspace.testkit.SourceTree;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code /openapi.json} says of the service is what the service does, and all that it does.
 */
@Timeout(60)
class OpenApiTest {
  /**
   * For people, for programs that read about the service, or the operator's: no part of the API.
   */
  private static final List<String> NO_API =
      List.of(
          "/",
          "/account",
          "/account/sessions/*",
          "/account/sign-out",
          "/account/sign-out-everywhere",
          "/account/wallets/*",
          "/.well-known/oauth-authorization-server/oauth",
          "/.well-known/oauth-protected-resource/mcp",
          "/.well-known/openid-configuration/oauth",
          "/apps",
          "/apps/*",
          "/auth/open",
          "/connect",
          "/connect/key",
          "/docs",
          "/docs/*",
          "/keys",
          "/keys/*",
          "/llms.txt",
          "/mcp",
          "/mcp/*",
          "/metrics",
          "/models",
          "/openapi.json",
          "/oauth/.well-known/openid-configuration",
          "/oauth/authorize",
          "/oauth/consent",
          "/oauth/register",
          "/oauth/revoke",
          "/oauth/token",
          "/operator",
          "/playground",
          "/playground/chat",
          "/playground/key",
          "/runspace-mcp/index.js",
          "/runspace.mcpb",
          "/sign-in",
          "/static/*",
          "/usage",
          "/usage.csv");

  /** There only where a token decides. */
  private static final List<String> GATED = List.of("POST /auth/challenge", "POST /auth/verify");

  private static final Pattern ROUTE =
      Pattern.compile("\\.(on|below)\\(\\s*(?:HttpMethod\\.)?([A-Z]+),\\s*\"([^\"]+)\"");

  private static final Chunks CHUNKS = Chunks.ofProvider();
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @TempDir private Path folder;

  private final ScriptedUpstream upstream = ScriptedUpstream.start();
  private RunningGateway gateway;
  private JsonObject file;

  @BeforeEach
  void start() {
    gateway = RunningGateway.before(upstream).data(folder).start();
    file = new JsonObject(call(Request.get("/openapi.json")).text());
  }

  @AfterEach
  void close() {
    gateway.close();
    upstream.close();
  }

  private Response call(Request request) {
    try (RawClient client = RawClient.to(gateway.port())) {
      return client.call(request.header("connection", "close"));
    }
  }

  private Set<String> documented() {
    Set<String> found = new TreeSet<>();
    JsonObject paths = file.getJsonObject("paths");
    for (String path : paths.fieldNames()) {
      for (String method : paths.getJsonObject(path).fieldNames()) {
        found.add(method.toUpperCase(Locale.ROOT) + " " + path);
      }
    }
    return found;
  }

  /** What the route table has, as it is written. */
  private static Set<String> routed() throws IOException {
    Path source = SourceTree.root().resolve("server/src/main/java/com/runspace/Routes.java");
    String text = Files.readString(source);
    Set<String> found = new TreeSet<>();
    Matcher route = ROUTE.matcher(text);
    while (route.find()) {
      String path = route.group(3);
      if (!NO_API.contains(route.group(1).equals("below") ? path + "*" : path)) {
        found.add(route.group(2) + " " + path + (route.group(1).equals("below") ? "{id}" : ""));
      }
    }
    long named = Pattern.compile("\\.(on|below)\\(").matcher(text).results().count();
    assertThat(ROUTE.matcher(text).results().count())
        .as("routes that could be read")
        .isEqualTo(named);
    return found;
  }

  @Test
  void everyRouteIsInTheFileAndTheOtherWayRound() throws IOException {
    assertThat(documented()).isEqualTo(routed());
  }

  @Test
  void everyPathOfTheFileIsAnswered() throws IOException {
    for (String each : routed()) {
      String[] parts = each.split(" ", 2);
      Request request =
          parts[0].equals("POST")
              ? Request.post(parts[1], "{}")
              : Request.of(parts[0], parts[1].replace("{id}", "m"));
      Response answer = call(request.bearer(gateway.key()));
      if (GATED.contains(each)) {
        // This gateway is in local mode, where nobody signs in with a wallet.
        assertThat(answer.status()).as(each).isEqualTo(404);
        continue;
      }
      assertThat(answer.status()).as(each).isNotIn(404, 405, 500);
      fits(each, answer);
    }
  }

  /** The answer has a status that the file knows for this path, and its body the form there. */
  private void fits(String operation, Response answer) {
    String[] parts = operation.split(" ", 2);
    JsonObject responses =
        file.getJsonObject("paths")
            .getJsonObject(parts[1])
            .getJsonObject(parts[0].toLowerCase(Locale.ROOT))
            .getJsonObject("responses");
    JsonObject response = responses.getJsonObject(Integer.toString(answer.status()));
    assertThat(response).as(operation + " answers " + answer.status()).isNotNull();
    JsonObject content = JsonShape.resolve(file, response).getJsonObject("content");
    if (content == null) {
      assertThat(answer.text()).isEmpty();
      return;
    }
    String type = answer.header("content-type").split(";", 2)[0];
    JsonObject media = content.getJsonObject(type);
    assertThat(media).as(operation + " answers with " + type).isNotNull();
    if (type.equals("application/json")) {
      JsonObject schema = media.getJsonObject("schema");
      assertThat(JsonShape.faults(file, schema, new JsonObject(answer.text())))
          .as(operation)
          .isEmpty();
    }
  }

  private Request chat(String members) {
    return Request.post(CHAT, "{" + members + "}").bearer(gateway.key());
  }

  private void meets(int status, String operation, Request request) {
    Response answer = call(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    fits(operation, answer);
  }

  @Test
  void answersHaveTheFormOfTheFile() {
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 7)));
    String chat = "POST " + CHAT;
    meets(200, chat, chat("\"model\":\"m\"," + MESSAGES));
    meets(400, chat, chat("\"model\":\"m\",\"messages\":[]"));
    meets(400, chat, chat("\"model\":"));
    meets(401, chat, Request.post(CHAT, "{}"));
    meets(404, chat, chat("\"model\":\"other\"," + MESSAGES));
    meets(415, chat, chat("").header("content-encoding", "gzip"));
    String key = gateway.key();
    for (String path : List.of("/v1/models", "/v1/key", "/v1/usage")) {
      meets(200, "GET " + path, Request.get(path).bearer(key));
      meets(401, "GET " + path, Request.get(path));
    }
    String one = "GET /v1/models/{id}";
    meets(200, one, Request.get("/v1/models/m").bearer(key));
    meets(404, one, Request.get("/v1/models/other").bearer(key));
    String usage = "GET /v1/usage";
    meets(200, usage, Request.get("/v1/usage?by=day,model,key").bearer(key));
    meets(200, usage, Request.get("/v1/usage?format=csv").bearer(key));
    meets(400, usage, Request.get("/v1/usage?by=week").bearer(key));
    meets(200, "GET /healthz", Request.get("/healthz"));
    meets(200, "GET /readyz", Request.get("/readyz"));
  }

  @Test
  void spentAllowanceHasTheFormOfTheFile() {
    gateway.close();
    gateway = RunningGateway.before(upstream).allowance("0").start();
    meets(402, "POST " + CHAT, chat("\"model\":\"m\"," + MESSAGES));
  }

  @Test
  void chunksOfAStreamHaveTheFormOfTheFile() {
    upstream.answersEach(_ ->
        Script.sse()
            .event(CHUNKS.role())
            .event(CHUNKS.content("hi"))
            .event(CHUNKS.finishWithUsage("stop", 5, 7))
            .done());
    Response answer = call(chat("\"model\":\"m\",\"stream\":true," + MESSAGES));
    fits("POST " + CHAT, answer);
    JsonObject schema =
        file.getJsonObject("components").getJsonObject("schemas").getJsonObject("ChatChunk");
    List<String> events = answer.text().lines().filter(line -> line.startsWith("data: {")).toList();
    assertThat(events).hasSizeGreaterThan(2);
    for (String event : events) {
      JsonObject chunk = new JsonObject(event.substring("data: ".length()));
      assertThat(JsonShape.faults(file, schema, chunk)).isEmpty();
    }
  }
}
