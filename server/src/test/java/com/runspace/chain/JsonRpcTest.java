package com.runspace.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.runspace.base.Secret;
import com.runspace.chain.RpcFault.Kind;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RefusedPort;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedNode;
import com.runspace.testkit.ScriptedUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JsonRpcTest {
  private static final String FINE = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"fine\"}";

  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private final ScriptedUpstream first = ScriptedUpstream.start();
  private final ScriptedUpstream second = ScriptedUpstream.start();
  private final JsonRpc rpc = new JsonRpc("eip155:1", List.of(secret(first), secret(second)), time);

  private static Secret secret(ScriptedUpstream server) {
    return new Secret(server.url() + "/v2/s3cret-path?key=s3cret-key");
  }

  @AfterEach
  void close() {
    rpc.close();
    first.close();
    second.close();
  }

  private RpcFault fault(JsonRpc asked) {
    return catchThrowableOfType(RpcFault.class, () -> asked.call("m", "[]", Duration.ofSeconds(2)));
  }

  private static String error(int code, String message) {
    return "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":%d,\"message\":\"%s\"}}"
        .formatted(code, message);
  }

  @Test
  void theFirstProviderIsAskedAlone() throws RpcFault {
    first.answers(Script.json(200, FINE));
    assertThat(rpc.call("eth_x", "[\"a\",{}]").text()).isEqualTo("fine");
    var request = first.take(Duration.ofSeconds(5));
    assertThat(request.body().utf8())
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_x\",\"params\":[\"a\",{}]}");
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.headers().first("content-type")).contains("application/json");
    assertThat(request.target()).isEqualTo("/v2/s3cret-path?key=s3cret-key");
    assertThat(second.requests()).isEmpty();
  }

  @Test
  void whatFailsAtOneIsAskedAtTheNext() throws RpcFault {
    for (Script script :
        List.of(
            Script.hangUp(),
            Script.resetAtOnce(),
            Script.json(500, "oops"),
            Script.json(429, "slow down"),
            Script.json(403, "{}"),
            Script.status(302).header("location", "http://127.0.0.1:1/").json("{}"),
            Script.json(200, ""),
            Script.json(200, "<html>"),
            Script.json(200, "[]"),
            Script.json(200, "{}"),
            Script.json(200, FINE.replace("\"id\":1", "\"id\":2")),
            Script.json(200, FINE.replace("\"id\":1", "\"id\":null")),
            Script.json(200, FINE + FINE),
            Script.json(200, error(-32000, "header not found")),
            Script.json(200, error(-32005, "limit exceeded")),
            Script.json(200, "{\"jsonrpc\":\"2.0\",\"id\":1}"),
            Script.bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"js").close())) {
      first.answers(script);
      second.answers(Script.json(200, FINE));
      assertThat(rpc.call("m", "[]").text()).isEqualTo("fine");
      // So that the first does not come to rest.
      time.advance(Duration.ofSeconds(31));
    }
  }

  @Test
  void faultsHaveKinds() {
    JsonRpc one = rpc.only(0);
    first.answers(Script.json(200, error(3, "execution reverted: no")));
    assertThat(fault(one).kind()).isEqualTo(Kind.REVERTED);
    first.answers(Script.json(200, error(-32000, "VM Exception while processing: revert")));
    assertThat(fault(one).kind()).isEqualTo(Kind.REVERTED);
    first.answers(Script.json(200, error(-32000, "out of gas")));
    assertThat(fault(one).kind()).isEqualTo(Kind.REVERTED);
    first.answers(Script.json(200, error(-32603, "EVM error OutOfGas")));
    assertThat(fault(one).kind()).isEqualTo(Kind.REVERTED);
    first.answers(Script.json(500, error(3, "execution reverted")));
    assertThat(fault(one).kind()).isEqualTo(Kind.REVERTED);
    first.answers(Script.json(200, error(-32601, "no such method")));
    assertThat(fault(one).kind()).isEqualTo(Kind.OTHER);
    first.answers(Script.json(429, "{}"));
    assertThat(fault(one).kind()).isEqualTo(Kind.RATE_LIMITED);
    first.answers(Script.json(200, error(-32005, "daily request count exceeded")));
    assertThat(fault(one).kind()).isEqualTo(Kind.RATE_LIMITED);
    first.answers(Script.json(200, "nonsense"));
    assertThat(fault(one).kind()).isEqualTo(Kind.TRANSPORT);
  }

  @Test
  void aRevertIsAnAnswer() {
    first.answers(Script.json(200, error(3, "execution reverted")));
    assertThat(fault(rpc).kind()).isEqualTo(Kind.REVERTED);
    assertThat(second.requests()).isEmpty();
  }

  @Test
  void aProviderThatFailsThriceRestsForHalfAMinute() throws RpcFault {
    second.answersEach(_ -> Script.json(200, FINE));
    first.answers(Script.hangUp(), Script.json(503, ""), Script.json(429, ""));
    for (int i = 0; i < 3; i++) {
      rpc.call("m", "[]");
    }
    int asked = first.requests().size();
    rpc.call("m", "[]");
    assertThat(first.requests()).as("it rests").hasSize(asked);
    time.advance(Duration.ofSeconds(30));
    first.answers(Script.json(503, ""));
    rpc.call("m", "[]");
    assertThat(first.requests()).as("one tries it").hasSize(asked + 1);
    rpc.call("m", "[]");
    assertThat(first.requests()).as("and it rests again").hasSize(asked + 1);
    time.advance(Duration.ofSeconds(30));
    first.answersEach(_ -> Script.json(200, FINE));
    rpc.call("m", "[]");
    rpc.call("m", "[]");
    assertThat(first.requests()).as("it is back").hasSize(asked + 3);
  }

  @Test
  void whenAllRestNobodyIsAsked() {
    JsonRpc one = rpc.only(0);
    first.answers(Script.json(503, ""), Script.json(503, ""), Script.json(503, ""));
    for (int i = 0; i < 3; i++) {
      assertThat(fault(one)).hasMessageContaining("HTTP 503");
    }
    RpcFault resting = fault(one);
    assertThat(resting.kind()).isEqualTo(Kind.TRANSPORT);
    assertThat(resting).hasMessageContaining("resting");
  }

  @Test
  void aProviderThatDoesNotAnswerIsLeft() {
    JsonRpc one = rpc.only(0);
    Duration limit = Duration.ofMillis(300);
    first.answers(
        Script.silence(),
        // A head in time, and then a body that does not end.
        Script.bytes("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{").stall());
    for (int i = 0; i < 2; i++) {
      RpcFault late = catchThrowableOfType(RpcFault.class, () -> one.call("m", "[]", limit));
      assertThat(late.kind()).isEqualTo(Kind.TRANSPORT);
      first.awaitClientClosed(Duration.ofSeconds(10));
    }
  }

  @Test
  void aBodyOfMoreThanAMegabyteIsNotRead() {
    first.answers(Script.json(200, "\"" + "x".repeat(2 << 20) + "\""));
    assertThat(fault(rpc.only(0)).kind()).isEqualTo(Kind.TRANSPORT);
  }

  @Test
  void nothingThatIsSaidHoldsTheAddress() {
    try (RefusedPort nobody = RefusedPort.open();
        JsonRpc refused =
            new JsonRpc(
                "eip155:1",
                List.of(new Secret("http://127.0.0.1:" + nobody.port() + "/s3cret-path")),
                time)) {
      assertSilent(fault(refused));
    }
    JsonRpc one = rpc.only(0);
    for (Script script :
        List.of(
            Script.hangUp(),
            Script.json(500, "s"),
            Script.json(200, "s"),
            Script.json(200, error(1, "a\\nb")))) {
      first.answers(script);
      RpcFault fault = fault(one);
      assertSilent(fault);
      assertThat(fault.getMessage()).startsWith("eip155:1 provider 1: ").doesNotContain("\n");
      time.advance(Duration.ofSeconds(31));
    }
    for (String url : List.of("s3cret-path", "ftp://s3cret-path", "http://u:s3cret-key@a", "h t")) {
      assertThatThrownBy(() -> new JsonRpc("c", List.of(new Secret(url)), time))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("the address of c provider 1")
          .satisfies(JsonRpcTest::assertSilent);
    }
  }

  private static void assertSilent(Throwable fault) {
    for (Throwable each = fault; each != null; each = each.getCause()) {
      assertThat(each.toString()).doesNotContain("s3cret");
    }
  }

  @Test
  void manyQuestionsGoInHundreds() throws RpcFault {
    try (ScriptedNode node = ScriptedNode.start();
        JsonRpc batches = new JsonRpc("c", List.of(node.url()), time)) {
      node.on("echo", params -> "\"" + params.items().getFirst().text() + "\"");
      List<JsonRpc.Call> calls = new ArrayList<>();
      for (int i = 0; i < 250; i++) {
        calls.add(new JsonRpc.Call("echo", "[\"" + i + "\"]"));
      }
      List<Json> answers = batches.batch(calls);
      assertThat(node.batches()).containsExactly(100, 100, 50);
      for (int i = 0; i < 250; i++) {
        assertThat(answers.get(i).text()).isEqualTo(Integer.toString(i));
      }
      assertThat(batches.batch(List.of())).isEmpty();
      calls.set(120, new JsonRpc.Call("unknown", "[]"));
      assertThatThrownBy(() -> batches.batch(calls)).isInstanceOf(RpcFault.class);
    }
  }

  @Test
  void aBatchThatIsNotWholeIsNoAnswer() {
    JsonRpc one = rpc.only(0);
    List<JsonRpc.Call> two = List.of(new JsonRpc.Call("a", "[]"), new JsonRpc.Call("b", "[]"));
    for (String body :
        List.of(
            "[" + FINE + "]",
            "[" + FINE + "," + FINE + "]",
            "[" + FINE + "," + FINE.replace("\"id\":1", "\"id\":3") + "]",
            FINE,
            "[1,2]")) {
      first.answers(Script.json(200, body));
      assertThatThrownBy(() -> one.batch(two)).as(body).isInstanceOf(RpcFault.class);
      time.advance(Duration.ofSeconds(31));
    }
  }
}
