package com.runspace.http;

import static java.util.Objects.requireNonNull;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Work that blocks, beside the event loop: on a virtual thread of its own, so that it may be
 * written as it is thought. What comes of it is handed back on the loop that asked.
 */
public final class Blocking {
  private Blocking() {}

  /** Runs the work; one of the two hears how it ended. To be called on an event loop. */
  public static <T> void run(Callable<T> work, Consumer<T> done, Consumer<Exception> failed) {
    Context loop = requireNonNull(Vertx.currentContext());
    Thread.ofVirtual()
        .name("blocking")
        .start(() -> {
          try {
            T result = work.call();
            loop.runOnContext(_ -> done.accept(result));
          } catch (Exception fault) {
            loop.runOnContext(_ -> failed.accept(fault));
          } catch (Error fault) {
            // Whoever waits is answered all the same; the thread's own handler hears of it too.
            loop.runOnContext(_ -> failed.accept(new IllegalStateException(fault)));
            throw fault;
          }
        });
  }
}
