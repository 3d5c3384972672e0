package com.runspace.engine;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Starts the engine: looks at the machine and the file, loads the model, listens, and says so in
 * one line. The order is that of the likeliest problems, so that each has its own plain message.
 */
final class Main {
  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    // Part of channel ids that nobody reads; without it Netty looks through the network interfaces
    // and complains on a machine without a network.
    System.setProperty("io.netty.machineId", "02:00:00:00:00:00:00:01");
    if (List.of(arguments).contains("--help")) {
      System.out.print(Options.HELP);
      return;
    }
    try {
      start(List.of(arguments), Machine.current(), System.in, System.out, System.err);
    } catch (StartFailure e) {
      System.err.println("local-engine: " + e.getMessage());
      System.exit(e.exitCode());
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** Nothing is left to answer with, so the process ends and its parent starts another. */
  private static void fail(Throwable problem) {
    System.err.println("local-engine: an unexpected failure, please report it: " + problem);
    Runtime.getRuntime().halt(1);
  }

  static void start(
      List<String> arguments, Machine machine, InputStream in, PrintStream out, PrintStream err)
      throws StartFailure, InterruptedException {
    Options options = Options.parse(arguments);
    String library = machine.library();
    Model.requireGguf(options.model());
    if (options.parentPipe()) {
      endWith(in);
    }
    CompletableFuture<Vertx> vertx = CompletableFuture.supplyAsync(HttpApi::vertx);
    Llama llama = new Llama(NativeLibrary.load(library));
    NativeLog log = new NativeLog(options.verbose(), err);
    llama.logTo(log);
    Model model = Model.load(llama, options.model(), log);
    ChatTemplate template = ChatTemplate.of(llama, model.templateSource());
    if (template.isFallback()) {
      err.println("local-engine: the model has no chat template that is known; using ChatML");
    }
    int context = Math.min(options.context() / options.parallel(), model.contextTrained());
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < options.parallel(); i++) {
      Decoder decoder = Decoder.of(llama, model, context, options.threads(), log);
      slots.add(new Slot(llama, model, decoder));
    }
    Scheduler scheduler = new Scheduler(slots, context, Main::fail);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(scheduler), "shutdown"));
    HttpApi api =
        new HttpApi(vertx.join(), options.id(), model, template, scheduler, InstantSource.system());
    int port = api.listen(options.host(), options.port());
    out.println("ready http://" + authority(options.host(), port) + " " + options.id());
    out.flush();
  }

  /** The parent holds the other end of standard input and loses it however it dies. */
  private static void endWith(InputStream in) {
    Thread.ofPlatform()
        .daemon()
        .name("parent")
        .start(() -> {
          try {
            in.transferTo(OutputStream.nullOutputStream());
          } catch (IOException e) {
            // A pipe that cannot be read has no parent behind it either.
          }
          System.exit(0);
        });
  }

  private static void stop(Scheduler scheduler) {
    try {
      scheduler.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String authority(String host, int port) {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
