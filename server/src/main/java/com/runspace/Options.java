package com.runspace;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands on the command line.
 *
 * @param port the port asked for; -1 when none was
 * @param engine the local engine's jar
 * @param model a GGUF file for it
 * @param modelMissing why there is none, in words for people
 * @param words what stands behind a command of the operator's, but for data folder and settings
 */
record Options(
    String command,
    @Nullable Path data,
    @Nullable Path config,
    int port,
    boolean json,
    boolean noEngine,
    @Nullable Path engine,
    @Nullable Path model,
    @Nullable String modelMissing,
    List<String> words) {

  /** Commands that the running service carries out, where there is one. */
  static final Set<String> OPERATORS =
      Set.of("models", "key", "usage", "connect", "backup", "restore", "open", "gate", "node");

  /** The command line makes no sense. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message + " (see: runspace help)");
    }
  }

  static final String HELP =
      """
      RunSpace: metered access to open models through one OpenAI-compatible API.

      Usage: runspace [COMMAND] [OPTIONS]

      Commands
        start, serve      start the service (this is what happens without a command)
        config            print the effective settings, secrets hidden
        models            what can be called over which routes, and why something cannot
        key               create, list, revoke and rotate keys; `runspace key` tells how
        connect CLIENT    a set-up to paste: curl, python, node, claude-code, …; --new-key makes a
                          key for it
        usage             what was used and charged: --from DAY --to DAY --by day,model,key,
                          --json, --csv
        open              print a link that signs you in to the dashboard of this machine
        gate              how the chains are doing; `gate explain ADDRESS` tells why a tier is
        node              the nodes that share a PostgreSQL; `runspace node` tells how to adopt or
                          forget one that is gone
        backup FILE       copy the store into a new file, also while the service runs
        restore FILE      put a backup into the data folder of a service that is stopped
        help, version     this text; the version

      Options
        --data DIR        where everything is kept; default: the user's data folder
        --config FILE     settings (YAML); every one of them is optional
        --port N          port to listen on; without it 8080, or the next free one
        --model FILE      a GGUF model of your own for the local engine
        --no-engine       do not start the local engine
        --json            say everything in JSON lines, for programs

      Exit codes
        0 ended as asked   1 failed   2 wrong usage or settings   3 this machine lacks something
        4 port taken       5 data folder in use or not writable
      """;

  static Options parse(String[] args) throws Wrong {
    String command = "serve";
    Path data = null;
    Path config = null;
    Path engine = null;
    Path model = null;
    String missing = null;
    int port = -1;
    boolean json = false;
    boolean noEngine = false;
    List<String> words = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      String name = equals < 0 ? arg : arg.substring(0, equals);
      boolean takesValue = name.matches("--(data|config|port|engine|model|model-missing)");
      String value = equals < 0 ? "" : arg.substring(equals + 1);
      if (takesValue && equals < 0) {
        if (++i == args.length) {
          throw new Wrong(name + " needs a value");
        }
        value = args[i];
      }
      switch (name) {
        case "--data" -> data = Path.of(value).toAbsolutePath();
        case "--config" -> config = Path.of(value).toAbsolutePath();
        case "--port" -> port = port(value);
        case "--engine" -> engine = Path.of(value).toAbsolutePath();
        case "--model" -> model = Path.of(value).toAbsolutePath();
        case "--model-missing" -> missing = value;
        case "--json" -> {
          json = true;
          words.add(name);
        }
        case "--no-engine" -> noEngine = true;
        case "-h", "--help" -> command = "help";
        case "--version" -> command = "version";
        default -> {
          if (i > 0 && OPERATORS.contains(command)) {
            words.add(arg);
            break;
          }
          if (i > 0 || arg.startsWith("-")) {
            throw new Wrong("unknown option '" + arg + "'");
          }
          command = arg.toLowerCase(Locale.ROOT).equals("start") ? "serve" : arg;
        }
      }
    }
    return new Options(command, data, config, port, json, noEngine, engine, model, missing, words);
  }

  private static int port(String text) throws Wrong {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException notANumber) {
      // Said below, together with numbers out of range.
    }
    throw new Wrong("--port must be a number from 0 to 65535, not '" + text + "'");
  }
}
