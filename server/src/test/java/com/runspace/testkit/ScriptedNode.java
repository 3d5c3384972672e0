package com.runspace.testkit;

import com.runspace.base.Secret;
import com.runspace.chain.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A chain's node on a real socket, which answers each method of JSON-RPC as the test says, single
 * questions and batches alike.
 */
public final class ScriptedNode implements AutoCloseable {
  /** A question, for the test to look at. */
  public record Question(String method, Json params) {}

  private final ScriptedUpstream server = ScriptedUpstream.start();
  private final Map<String, Function<Json, String>> methods = new ConcurrentHashMap<>();
  private final List<Question> questions = new CopyOnWriteArrayList<>();
  private final List<Integer> batches = new CopyOnWriteArrayList<>();

  private ScriptedNode() {
    server.answersEach(this::answer);
  }

  public static ScriptedNode start() {
    return new ScriptedNode();
  }

  /** Where it is; the path is as secret as a real provider's. */
  public Secret url() {
    return new Secret(server.url() + "/v2/s3cret-path?key=s3cret-key");
  }

  /** For answers that no node would give. */
  public ScriptedUpstream server() {
    return server;
  }

  /**
   * Answers a method from now on.
   *
   * @param answer from the params to the result, as JSON; or a text that begins with {@code error}
   *     and goes on with the error object
   */
  public ScriptedNode on(String method, Function<Json, String> answer) {
    methods.put(method, answer);
    return this;
  }

  /** Answers a method always with this result. */
  public ScriptedNode on(String method, String result) {
    return on(method, _ -> result);
  }

  /** All questions so far. */
  public List<Question> questions() {
    return List.copyOf(questions);
  }

  /** How many questions of this method came so far. */
  public long count(String method) {
    return questions.stream().filter(each -> each.method().equals(method)).count();
  }

  /** How many questions each batch had. */
  public List<Integer> batches() {
    return List.copyOf(batches);
  }

  private Script answer(ReceivedRequest request) {
    Json asked = Json.read(request.body().toArray());
    if (!asked.isArray()) {
      return Script.json(200, one(asked));
    }
    batches.add(asked.items().size());
    List<String> answers = new ArrayList<>();
    // The other way round, as is allowed: "The Response objects being returned from a batch call
    // MAY be returned in any order" (JSON-RPC 2.0, section 6).
    for (Json question : asked.items().reversed()) {
      answers.add(one(question));
    }
    return Script.json(200, "[" + String.join(",", answers) + "]");
  }

  private String one(Json question) {
    String method = question.member("method").text();
    Json params = question.member("params");
    questions.add(new Question(method, params));
    Function<Json, String> known = methods.get(method);
    String answer =
        known == null
            ? "error{\"code\":-32601,\"message\":\"the method does not exist\"}"
            : known.apply(params);
    String member =
        answer.startsWith("error")
            ? "\"error\":" + answer.substring("error".length())
            : "\"result\":" + answer;
    return "{\"jsonrpc\":\"2.0\",\"id\":" + question.member("id").number() + "," + member + "}";
  }

  @Override
  public void close() {
    server.close();
  }
}
