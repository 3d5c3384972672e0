package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.RawClient;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** All bodies in memory share one budget, and give back what they took however they end. */
class BodyMemoryTest extends EndToEnd {
  private static final int MEBIBYTE = 1 << 20;
  private static final int LARGE = 32 * MEBIBYTE;

  private RawClient announcing(int bytes) {
    return client().send(authorized("").header("content-length", String.valueOf(bytes)));
  }

  private void awaitTaken(long bytes) {
    await(
        () -> gateway().budget().taken() == bytes,
        () -> gateway().budget().taken() + " bytes are taken, not " + bytes);
  }

  @Test
  void moreLargeBodiesThanThereIsRoomForAreRefusedAtOnce() {
    int room = (int) (Runtime.getRuntime().maxMemory() / 4 / LARGE);
    List<RawClient> admitted = new ArrayList<>();
    for (int i = 0; i < room; i++) {
      admitted.add(announcing(LARGE));
    }
    awaitTaken((long) room * LARGE);
    RawClient refused = announcing(LARGE);
    Response answer = refused.readAll();
    assertThat(refusal(answer, 503).getString("code")).isEqualTo("overloaded");
    assertThat(answer.header("retry-after")).isEqualTo("1");
    refused.awaitClosed(SOON);
    awaitTaken((long) room * LARGE);
    for (int i = 0; i < room; i++) {
      if (i % 2 == 0) {
        admitted.get(i).reset();
      } else {
        admitted.get(i).leave();
      }
    }
    awaitTaken(0);
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    assertThat(call(plain("")).status()).isEqualTo(200);
  }

  @Test
  void clientsThatResetInTheMiddleGiveBackWhatTheyTook() {
    for (int i = 0; i < 20; i++) {
      RawClient client = announcing(MEBIBYTE).send("{\"model\":\"" + "x".repeat(10_000));
      awaitTaken(MEBIBYTE);
      client.reset();
      awaitTaken(0);
    }
  }

  @Test
  void chunkedBodiesTakeAsTheyGrow() {
    RawClient client = client().send(authorized("").header("transfer-encoding", "chunked"));
    for (int i = 0; i < 4; i++) {
      client.send("100000\r\n" + "x".repeat(MEBIBYTE) + "\r\n");
    }
    await(
        () -> gateway().budget().taken() >= 4 * MEBIBYTE,
        () -> "only " + gateway().budget().taken());
    assertThat(gateway().budget().taken()).isLessThan(9 * MEBIBYTE);
    client.reset();
    awaitTaken(0);
  }

  @Test
  void refusedBodiesGiveBackWhatTheyTook() {
    refusal(call(authorized("x".repeat(MEBIBYTE))), 400);
    awaitTaken(0);
    RawClient chunked = client().send(authorized("").header("transfer-encoding", "chunked"));
    for (int i = 0; i < 32; i++) {
      chunked.send("100000\r\n" + "x".repeat(MEBIBYTE) + "\r\n");
    }
    // One byte over: a refusal may close the connection while a longer piece is still being sent.
    chunked.send("1\r\nx\r\n");
    refusal(chunked.readAll(), 413);
    awaitTaken(0);
  }

  @Test
  void plainAnswersTakeWhileTheyComeAndGiveBackWhenTheyWent() {
    upstream.answers(
        Script.json(200, CHUNKS.completion("x".repeat(MEBIBYTE), "stop", 1, 1)),
        Script.status(200).chunked().text("x".repeat(MEBIBYTE)).close(),
        Script.status(200).chunked().text("x".repeat(MEBIBYTE)).end(),
        Script.status(200).chunked().text("x".repeat(MEBIBYTE)).stall());
    assertThat(call(plain("")).status()).isEqualTo(200);
    awaitTaken(0);
    refusal(call(plain("")), 502);
    awaitTaken(0);
    refusal(call(plain("")), 502);
    awaitTaken(0);
    RawClient leaver = client().send(plain(""));
    await(() -> gateway().budget().taken() > 0, () -> "nothing was taken");
    leaver.reset();
    awaitTaken(0);
  }

  @Test
  void answerThatIsTooLargeIsA502AndCutOff() {
    Script script = Script.status(200).chunked();
    String piece = "x".repeat(MEBIBYTE);
    for (int i = 0; i < 66; i++) {
      script = script.text(piece);
    }
    upstream.answers(script.stall());
    refusal(call(plain("")), 502);
    upstream.awaitClientClosed(PROMPTLY);
    awaitTaken(0);
  }
}
