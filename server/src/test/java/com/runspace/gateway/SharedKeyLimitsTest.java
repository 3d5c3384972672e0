package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A call of a key whose limits are shared with other nodes; the store behind is a script. */
class SharedKeyLimitsTest extends EndToEnd {
  /** Says what the script says, and while it says nothing, that more is coming. */
  private static final class Scripted implements Shares {
    final Queue<Answer> script = new ConcurrentLinkedQueue<>();
    final List<Share> wishes = new CopyOnWriteArrayList<>();
    final CompletableFuture<Void> arrival = new CompletableFuture<>();

    @Override
    public Answer want(Share share, long least, long more) {
      wishes.add(share);
      Answer next = script.poll();
      return next == null ? new Answer.Coming(arrival) : next;
    }

    void arrives(Consumer<Share> gift) {
      wishes.forEach(gift);
      arrival.complete(null);
    }
  }

  @TempDir Path data;
  private final Scripted store = new Scripted();
  private String key = "";

  @BeforeEach
  void begin() {
    start(RunningGateway.before(upstream).data(data).shares(store));
    key =
        gateway()
            .key(
                List.of(
                    "create",
                    "--name",
                    "shared",
                    "--requests-per-minute",
                    "60",
                    "--tokens-per-minute",
                    "0",
                    "--concurrent",
                    "4"))
            .getFirst();
  }

  private Request chat() {
    return Request.post(CHAT, "{\"model\":\"m\",\"max_tokens\":5,\"messages\":" + MESSAGES + "}")
        .bearer(key);
  }

  private void awaitWishes(int count) {
    await(() -> store.wishes.size() >= count, () -> "asked for " + store.wishes.size());
  }

  @Test
  void aCallWaitsForItsPartsAndGoesOnWhenTheyArrive() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    try (RawClient client = RawClient.to(gateway().port())) {
      client.send(chat());
      awaitWishes(2);
      assertThat(store.wishes)
          .extracting(share -> share.subject().replaceAll("key_.*", "key"))
          .containsExactly("requests key", "calls key");
      assertThat(upstream.requests()).isEmpty();
      store.arrives(share -> share.grow(2));
      assertThat(client.readAll().status()).isEqualTo(200);
    }
    assertThat(store.wishes).as("asked once, however often the loop looked").hasSize(2);
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    assertThat(call(chat()).status()).isEqualTo(200);
    assertThat(store.wishes).as("the part was large enough").hasSize(2);
  }

  @Test
  void whereNothingIsLeftTheCallIsLimitedAtOnce() {
    store.script.add(new Shares.Answer.Dry());
    Response answer = call(chat());
    assertThat(refusal(answer, 429).getString("code")).isEqualTo("rate_limit_exceeded");
    assertThat(answer.header("retry-after")).isEqualTo("1");
    assertThat(answer.text()).contains("Limit 60, remaining 0.");
  }

  @Test
  void whereTheStoreIsOutTheCallIsRefusedAndThePartInHandGoesOn() {
    store.script.add(new Shares.Answer.Out());
    store.script.add(new Shares.Answer.Out());
    Response answer = call(chat());
    assertThat(refusal(answer, 503).getString("code")).isEqualTo("overloaded");
    assertThat(answer.header("retry-after")).isEqualTo("5");
    assertThat(answer.text()).contains("shared by several machines");
    store.wishes.forEach(share -> share.grow(1));
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    assertThat(call(chat()).status()).isEqualTo(200);
    store.script.add(new Shares.Answer.Out());
    assertThat(call(chat()).status()).isEqualTo(503);
  }

  @Test
  void whatDoesNotArriveIsWaitedForTwoSeconds() {
    long before = System.nanoTime();
    Response answer = call(chat());
    assertThat(refusal(answer, 503).getString("code")).isEqualTo("overloaded");
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(1_800_000_000L);
  }

  @Test
  void aClientThatLeavesWhileItWaitsHasTakenNothing() {
    try (RawClient client = RawClient.to(gateway().port())) {
      client.send(chat());
      awaitWishes(2);
    }
    awaitBudgetFree();
    store.arrives(share -> share.grow(1));
    for (Share share : store.wishes) {
      assertThat(share.shrink(0)).as(share.subject()).isZero();
      share.grow(1);
    }
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    assertThat(call(chat()).status()).isEqualTo(200);
    assertThat(upstream.requests()).hasSize(1);
  }
}
