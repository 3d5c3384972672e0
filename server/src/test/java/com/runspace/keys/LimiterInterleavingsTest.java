package com.runspace.keys;

import com.runspace.testkit.Interleavings;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls of one key on several loops at once, in all orders that Lincheck finds. */
@Tag("slow")
@Timeout(600)
class LimiterInterleavingsTest {
  private static final long MINUTE = 60_000_000_000L;
  private static final long REQUESTS = 4;
  private static final long TOKENS = 10;
  private static final long CONCURRENT = 2;

  /** One limiter; the clocks of the loops need not agree. */
  @Param(name = "third", gen = IntGen.class, conf = "0:3")
  @Param(name = "tokens", gen = IntGen.class, conf = "0:12")
  public static class Loops {
    private final Limiter limiter = new Limiter(new Limits(REQUESTS, TOKENS, CONCURRENT), 0);
    private final List<Queue<Admission.Admitted>> running =
        Stream.<Queue<Admission.Admitted>>generate(ArrayDeque::new).limit(6).toList();

    @Operation
    public String admit(
        @Param(gen = ThreadIdGen.class) int loop,
        @Param(name = "third") int third,
        @Param(name = "tokens") int tokens) {
      Admission answer = limiter.admit(third * MINUTE / 3, tokens);
      if (answer instanceof Admission.Admitted admitted) {
        running.get(loop).add(admitted);
        return "admitted";
      }
      return answer.toString();
    }

    @Operation
    public boolean end(
        @Param(gen = ThreadIdGen.class) int loop,
        @Param(name = "third") int third,
        @Param(name = "tokens") int used) {
      Admission.Admitted call = running.get(loop).poll();
      if (call != null) {
        call.end(third * MINUTE / 3, used);
        // Whoever ends a call may do so again, and nothing comes of it.
        call.end(third * MINUTE / 3, used);
      }
      return call != null;
    }

    @Operation
    public String state(@Param(name = "third") int third) {
      return limiter.state(third * MINUTE / 3).toString();
    }

    @Validate
    public void limits() {
      RateState now = limiter.state(0);
      long open = running.stream().mapToLong(Queue::size).sum();
      if (now.runningCalls() != open || open > CONCURRENT) {
        throw new IllegalStateException(open + " run, and it says " + now);
      }
    }
  }

  @Test
  void callsOfOneKeyAreAsIfOneCameAfterTheOther() {
    Interleavings.check(Loops.class);
  }
}
