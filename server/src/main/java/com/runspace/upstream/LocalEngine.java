package com.runspace.upstream;

import com.runspace.base.Time;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.System.Logger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the local engine running: a program of its own, so that native code which fails takes
 * nobody else along.
 *
 * <p>The engine holds the other end of a pipe and ends when that closes, which the kernel does for
 * us even when we are killed. When the engine dies it is started again, after a pause that doubles
 * up to half a minute; when it says that it cannot work here at all, it is left alone.
 */
public final class LocalEngine implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LocalEngine.class.getName());

  private static final String READY = "ready ";
  private static final String COMPLAINT = "local-engine: ";
  private static final long PAUSE_MILLIS = 500;
  private static final long PAUSE_MILLIS_MAX = 30_000;
  private static final long STEADY_NANOS = 60_000_000_000L;
  private static final int LAST_HOPELESS_CODE = 4;
  private static final long STOP_SECONDS = 2;

  /** Hears how the engine is. Called on the engine's own thread. */
  public interface Listener {
    /** It answers at this address, with a model of this id. */
    void up(URI url, String model);

    /** It does not answer any more, or never did, for this reason. */
    void down(String reason, boolean forGood);
  }

  /**
   * How to start it.
   *
   * @param java the Java program
   * @param jar the engine's jar
   * @param model a GGUF file
   * @param parallel answers at once
   * @param window tokens of prompt and output that one answer may have
   */
  public record Command(Path java, Path jar, Path model, int parallel, int window) {
    /** The model's id: the file's name without its ending and the kind of its quantization. */
    String id() {
      String name = String.valueOf(model.getFileName()).toLowerCase(Locale.ROOT);
      return name.replaceFirst("\\.gguf$", "").replaceFirst("[.-]i?q\\d[a-z0-9_]*$", "");
    }

    List<String> line() {
      return List.of(
          java.toString(),
          "-Xmx128m",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "--enable-native-access=ALL-UNNAMED",
          "-jar",
          jar.toString(),
          "--model",
          model.toString(),
          "--id",
          id(),
          "--parallel",
          Integer.toString(parallel),
          "--context",
          Integer.toString(parallel * window),
          "--parent-pipe");
    }
  }

  private final Command command;
  private final Time time;
  private final Listener listener;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable Process process;

  private LocalEngine(Command command, Time time, Listener listener) {
    this.time = time;
    this.command = command;
    this.listener = listener;
  }

  /** Starts it in the background; the listener hears the rest. */
  public static LocalEngine start(Command command, Time time, Listener listener) {
    LocalEngine engine = new LocalEngine(command, time, listener);
    thread("local-engine").start(engine::keepRunning);
    return engine;
  }

  /**
   * Whoever reads a pipe holds a thread of the system until something comes. Virtual threads share
   * one for each core, so on a small machine two silent pipes would stop all of them.
   */
  private static Thread.Builder thread(String name) {
    return Thread.ofPlatform().daemon().name(name);
  }

  private void keepRunning() {
    long pauseMillis = PAUSE_MILLIS;
    try {
      do {
        long started = time.nanos();
        Ending ending = runOnce();
        if (closing.getCount() == 0) {
          return;
        }
        listener.down(ending.reason(), ending.forGood());
        if (ending.forGood()) {
          return;
        }
        boolean steady = time.nanos() - started > STEADY_NANOS;
        pauseMillis = steady ? PAUSE_MILLIS : Math.min(2 * pauseMillis, PAUSE_MILLIS_MAX);
        LOG.log(
            Logger.Level.WARNING,
            "local engine: {0}; starting it again in {1} ms",
            ending.reason(),
            pauseMillis);
      } while (!closing.await(pauseMillis, TimeUnit.MILLISECONDS));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private record Ending(String reason, boolean forGood) {}

  private Ending runOnce() throws InterruptedException {
    Process started;
    try {
      started = new ProcessBuilder(command.line()).start();
    } catch (IOException cannotStart) {
      return new Ending("it cannot be started: " + cannotStart.getMessage(), true);
    }
    process = started;
    List<String> complaints = new ArrayList<>();
    Thread errors = thread("local-engine-errors").start(() -> readComplaints(started, complaints));
    readReady(started);
    int code = started.waitFor();
    errors.join();
    String reason =
        complaints.isEmpty()
            ? "it ended with code " + code
            : complaints.getLast().substring(COMPLAINT.length());
    return new Ending(reason, code > 1 && code <= LAST_HOPELESS_CODE);
  }

  private void readReady(Process started) {
    try (BufferedReader lines = reader(started.getInputStream())) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ", 3);
        if (line.startsWith(READY) && words.length == 3) {
          listener.up(URI.create(words[1] + "/v1"), words[2]);
        }
      }
    } catch (IOException ended) {
      LOG.log(Logger.Level.DEBUG, "the engine's output ended: {0}", ended.getMessage());
    }
  }

  private static void readComplaints(Process started, List<String> complaints) {
    try (BufferedReader lines = reader(started.getErrorStream())) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(COMPLAINT)) {
          complaints.add(line);
        } else {
          LOG.log(Logger.Level.DEBUG, "engine: {0}", line);
        }
      }
    } catch (IOException ended) {
      LOG.log(Logger.Level.DEBUG, "the engine's errors ended: {0}", ended.getMessage());
    }
  }

  private static BufferedReader reader(InputStream in) {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    closing.countDown();
    Process running = process;
    if (running == null) {
      return;
    }
    try {
      running.getOutputStream().close();
      if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (IOException alreadyGone) {
      running.destroyForcibly();
    } catch (InterruptedException hurry) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
