package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.RunningGateway;
import com.runspace.testkit.Ending;
import com.runspace.testkit.Gate;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Script;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A service that is asked to stop lets running answers finish. */
class DrainTest extends EndToEnd {
  private static Thread closing(RunningGateway gateway) {
    return Thread.ofVirtual().name("drain").start(gateway::close);
  }

  private static void awaitRefusing(RunningGateway gateway) {
    await(
        () -> {
          try (RawClient _ = RawClient.to(gateway.port())) {
            return false;
          } catch (UncheckedIOException refused) {
            return true;
          }
        },
        () -> "it still accepts");
  }

  @Test
  void streamInFlightFinishesAndNewOnesAreNotTaken() throws InterruptedException {
    RunningGateway gateway = start(RunningGateway.before(upstream).drain("10s"));
    Gate rest = Gate.named("before the rest");
    upstream.answers(
        Script.sse()
            .event(CHUNKS.content("a"))
            .gate(rest)
            .event(CHUNKS.finishWithUsage("stop", 1, 1))
            .done());
    RawClient client = client().send(stream(""));
    client.readHead();
    client.readEvent();
    Thread drain = closing(gateway);
    awaitRefusing(gateway);
    client.expectSilence(Duration.ofMillis(100));
    rest.open();
    assertThat(client.readEvents(SOON)).hasSize(2).last().isEqualTo("data: [DONE]");
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    assertThat(drain.join(SOON)).isTrue();
    assertThatThrownBy(() -> RawClient.to(gateway.port())).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void streamThatDoesNotFinishIsCutAndItsProviderToo() throws InterruptedException {
    RunningGateway gateway = start(RunningGateway.before(upstream).drain("300ms"));
    upstream.answers(Script.sse().event(CHUNKS.content("a")).stall());
    RawClient client = client().send(stream(""));
    client.readHead();
    client.readEvent();
    Thread drain = closing(gateway);
    assertThat(drain.join(SOON)).isTrue();
    upstream.awaitClientClosed(SOON);
    client.awaitClosed(SOON);
  }
}
