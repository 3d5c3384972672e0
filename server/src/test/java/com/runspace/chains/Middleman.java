package com.runspace.chains;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.function.UnaryOperator;

/**
 * Stands between the gate and a node, hands questions on, and does to them what the test says: a
 * provider that is out, limits, lies or is behind.
 */
public final class Middleman implements AutoCloseable {
  /** What becomes of a question. */
  public interface Manner {
    /**
     * Answers a question.
     *
     * @param question as JSON
     * @param node asks the node itself
     */
    Script answer(String question, UnaryOperator<String> node);
  }

  /** Hands everything on. */
  public static final Manner HONEST = (question, node) -> Script.json(200, node.apply(question));

  private final ScriptedUpstream peer = ScriptedUpstream.start();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI node;
  private volatile Manner manner = HONEST;

  public Middleman(String node) {
    this.node = URI.create(node);
    peer.answersEach(request -> manner.answer(request.body().utf8(), this::ask));
  }

  public String url() {
    return "http://127.0.0.1:" + peer.port();
  }

  public void behaves(Manner next) {
    manner = next;
  }

  /** Answers each question with this, whatever it is. */
  public void always(Script script) {
    manner = (_, _) -> script;
  }

  /** Changes questions before they are handed on. */
  public void twists(UnaryOperator<String> question) {
    manner = (asked, ask) -> Script.json(200, ask.apply(question.apply(asked)));
  }

  private String ask(String question) {
    HttpRequest request =
        HttpRequest.newBuilder(node)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(question, UTF_8))
            .build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString(UTF_8)).body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  @Override
  public void close() {
    peer.close();
    client.shutdownNow();
  }
}
