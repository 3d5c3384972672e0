package com.runspace.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The command line. */
record Options(
    Path model,
    String id,
    String host,
    int port,
    int parallel,
    int context,
    int threads,
    boolean parentPipe,
    boolean verbose) {

  static final String HELP =
      """
      Serves one GGUF model through an OpenAI-compatible API on this machine.

      usage: java -jar local-engine.jar --model FILE [options]

        --model FILE     the model, a GGUF file
        --id NAME        the model's name in the API (default: the file's name without .gguf)
        --host ADDRESS   loopback address to listen on (default 127.0.0.1)
        --port N         port to listen on, 0 for any free one (default 0)
        --parallel N     answers generated at once, 1 to 64 (default 4); 64 more may wait
        --context N      tokens of context held in memory, shared evenly by the parallel
                         answers (default 8192)
        --threads N      threads that compute (default: all processors but one, at most 8)
        --parent-pipe    end when standard input ends, as it does when the parent dies
        --verbose        show the log of llama.cpp on standard error
        --help           this text

      Prints one line when ready: ready http://ADDRESS:PORT NAME

      exit codes
        0  asked to end
        1  an unexpected failure
        2  wrong usage
        3  the model cannot be read, is no GGUF file, or is of a kind that is not supported
        4  the processor lacks AVX2, or the native library cannot be loaded
        5  the port is taken or the address is not to be had
      """;

  /**
   * Reads the command line.
   *
   * @throws StartFailure with the first problem found
   */
  static Options parse(List<String> arguments) throws StartFailure {
    Path model = null;
    String id = null;
    String host = "127.0.0.1";
    int port = 0;
    int parallel = 4;
    int context = 8192;
    int threads = threadsToSpare(Runtime.getRuntime().availableProcessors());
    boolean parentPipe = false;
    boolean verbose = false;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String option = rest.next();
      switch (option) {
        case "--model" -> model = Path.of(value(option, rest));
        case "--id" -> id = value(option, rest);
        case "--host" -> host = loopback(value(option, rest));
        case "--port" -> port = number(option, rest, 0, 65_535);
        case "--parallel" -> parallel = number(option, rest, 1, 64);
        case "--context" -> context = number(option, rest, 64, 1 << 20);
        case "--threads" -> threads = number(option, rest, 1, 512);
        case "--parent-pipe" -> parentPipe = true;
        case "--verbose" -> verbose = true;
        default -> throw usage("unknown option " + option);
      }
    }
    if (model == null) {
      throw usage("--model FILE is missing");
    }
    if (context / parallel < 64) {
      throw usage("--context " + context + " leaves less than 64 tokens to each answer");
    }
    return new Options(
        model, named(id, model), host, port, parallel, context, threads, parentPipe, verbose);
  }

  /**
   * The threads of one step wait for each other hundreds of times per token. One that has to share
   * its processor holds up all, so one processor is left to the gateway and the rest.
   */
  static int threadsToSpare(int processors) {
    return Math.clamp(processors - 1L, 1, 8);
  }

  private static String named(@Nullable String id, Path model) throws StartFailure {
    String name = id;
    if (name == null) {
      name = String.valueOf(model.getFileName());
      name = name.endsWith(".gguf") ? name.substring(0, name.length() - 5) : name;
      name = name.replaceAll("\\s", "-");
    }
    if (name.isEmpty() || name.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      throw usage("--id takes a name without spaces");
    }
    return name;
  }

  /** There are no keys here: whoever reaches the port may use the model. */
  private static String loopback(String host) throws StartFailure {
    try {
      if (InetAddress.getByName(host).isLoopbackAddress()) {
        return host;
      }
    } catch (UnknownHostException e) {
      throw usage("--host " + host + " is no address of this machine");
    }
    throw usage("--host takes a loopback address such as 127.0.0.1 or ::1");
  }

  private static String value(String option, Iterator<String> rest) throws StartFailure {
    if (!rest.hasNext()) {
      throw usage(option + " takes a value");
    }
    return rest.next();
  }

  private static int number(String option, Iterator<String> rest, int least, int most)
      throws StartFailure {
    String text = value(option, rest);
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw usage(option + " takes a number, not '" + text + "'");
    }
    throw usage(option + " takes a number from " + least + " to " + most);
  }

  private static StartFailure usage(String problem) {
    return new StartFailure(StartFailure.USAGE, problem + "; see --help");
  }
}
