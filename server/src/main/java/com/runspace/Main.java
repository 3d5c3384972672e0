package com.runspace;

import com.runspace.base.Db;
import com.runspace.base.Loopback;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.config.Edge;
import com.runspace.config.Effective;
import com.runspace.config.Settings;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.LocalLedger;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** Where the program begins: reads the command line, and answers with an exit code. */
public final class Main {
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final int PORT_TAKEN = 4;
  private static final int DATA_FOLDER = 5;

  /** For the bench alone: what the books cost shows only beside a service that keeps none. */
  private static final String KEEP_NOTHING = "runspace.keep.nothing";

  private Main() {}

  /** Runs one command; see {@code runspace help}. */
  public static void main(String[] args) {
    prepare();
    int code = run(args);
    if (code != 0) {
      System.exit(code);
    }
  }

  /** What has to be said before the libraries are loaded. */
  static void prepare() {
    System.setProperty("java.util.logging.manager", Log.Kept.class.getName());
    System.setProperty("user.timezone", "UTC");
    // What Vert.x and Netty offer and this program does not use, but each request would pay for.
    System.setProperty("vertx.disableFileCPResolving", "true");
    System.setProperty("vertx.disableMetrics", "true");
    System.setProperty("vertx.disableContextTimings", "true");
    System.setProperty("vertx.disableTCCL", "true");
    System.setProperty("io.netty.leakDetection.level", "disabled");
    // Part of channel ids that nobody reads; without it Netty looks through the network interfaces
    // and complains on a machine without a network.
    System.setProperty("io.netty.machineId", "02:00:00:00:00:00:00:01");
  }

  /** The exit code of one command; 0 when it ended as asked or goes on by itself. */
  static int run(String[] args) {
    try {
      Options options = Options.parse(args);
      switch (options.command()) {
        case "help" -> System.out.print(Options.HELP);
        case "version" -> System.out.println("runspace " + version());
        case "config" -> System.out.print(Effective.text(settings(options)));
        case "train" -> {
          // The lines are made, since that is part of what is trained, and thrown away.
          Log.install(OutputStream.nullOutputStream(), new Edge.Log(false, "info", true));
          Training.run();
        }
        case "serve" -> serve(options);
        case "node" -> {
          return nodes(options);
        }
        case "models", "key", "usage", "connect", "backup", "restore", "open", "gate" -> {
          return operate(options);
        }
        default -> throw new Options.Wrong("unknown command '" + options.command() + "'");
      }
      return 0;
    } catch (Options.Wrong wrong) {
      return complain(WRONG_USAGE, "" + wrong.getMessage());
    } catch (Settings.Invalid invalid) {
      invalid.problems().forEach(problem -> System.err.println("runspace: " + problem));
      return WRONG_USAGE;
    } catch (DataFolder.Unavailable unavailable) {
      return complain(DATA_FOLDER, "" + unavailable.getMessage());
    } catch (Ports.Taken taken) {
      return complain(PORT_TAKEN, "" + taken.getMessage());
    } catch (Wiring.StartFailed | IOException failed) {
      return complain(FAILED, "cannot start: " + failed.getMessage());
    }
  }

  private static int complain(int code, String message) {
    System.err.println("runspace: " + message);
    return code;
  }

  private static Settings settings(Options options) throws Settings.Invalid {
    return Settings.read(options.config(), System::getenv);
  }

  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0-SNAPSHOT" : version;
  }

  /** A command of the operator's: the running service carries it out, else this process does. */
  private static int operate(Options options)
      throws Settings.Invalid, IOException, DataFolder.Unavailable, Wiring.StartFailed {
    ControlSocket.Out out = ControlSocket.Terminal.ofProcess();
    // The service may run in another folder, so that a file has to be named in full.
    boolean isFile = options.command().equals("backup") || options.command().equals("restore");
    List<String> words =
        options.words().stream()
            .map(word -> isFile && !word.startsWith("-") ? absolute(word) : word)
            .toList();
    List<String> command = new ArrayList<>(List.of(options.command()));
    command.addAll(words);
    OptionalInt code = ControlSocket.ask(dataPath(options), command, out);
    if (code.isPresent()) {
      return code.getAsInt();
    }
    if (options.command().equals("open") || options.command().equals("gate")) {
      return MembersCommand.needsService(options.command(), out);
    }
    Settings settings = settings(options);
    if (options.command().equals("models")) {
      return ModelsCommand.runAlone(settings, words, out);
    }
    if (options.command().equals("connect")) {
      return ConnectCommand.runAlone(settings, words, out);
    }
    try (DataFolder folder = DataFolder.open(dataPath(options))) {
      if (options.command().equals("restore")) {
        return BackupCommand.restore(folder.path(), words, out);
      }
      try (Books books = Books.open(folder.path(), settings, Time.system(), Randomness.secure())) {
        LocalLedger ledger = books.kept();
        StoredKeyring keys = books.storedKeys();
        if (options.command().equals("key") && keys != null) {
          return new KeyCommand(keys, settings.keys(), Time.system()).run(words, out);
        }
        if (options.command().equals("backup") || ledger == null) {
          return BackupCommand.backUp(books, words, out);
        }
        return new UsageCommand(ledger, Time.system()).run(words, out);
      }
    }
  }

  /** Nodes are no matter of one data folder, so this asks the store and no running service. */
  private static int nodes(Options options) throws Settings.Invalid, Wiring.StartFailed {
    ControlSocket.Out out = ControlSocket.Terminal.ofProcess();
    Secret url = settings(options).store();
    if (url == null) {
      out.aside(
          "the store is a file in the data folder, which one machine has for itself: there are"
              + " no nodes. Name a PostgreSQL under store.url to have several");
      return WRONG_USAGE;
    }
    try (Db db = Db.postgres(url.reveal())) {
      NodeCommand command = new NodeCommand(db, Time.system(), TimeUnit.MILLISECONDS::sleep);
      return command.run(options.words(), out);
    } catch (SQLException cannot) {
      throw new Wiring.StartFailed(String.valueOf(cannot.getMessage()));
    }
  }

  private static String absolute(String file) {
    return Path.of(file).toAbsolutePath().toString();
  }

  private static Path dataPath(Options options) {
    Path path = options.data();
    return path != null
        ? path
        : DataFolder.usual(
            System.getenv("XDG_DATA_HOME"),
            System.getProperty("user.home", "."),
            System.getProperty("os.name", ""));
  }

  private static void serve(Options options)
      throws Settings.Invalid,
          DataFolder.Unavailable,
          Ports.Taken,
          Wiring.StartFailed,
          IOException {
    Settings settings = settings(options);
    Log log = Log.install(new FileOutputStream(FileDescriptor.err), settings.edge().log());
    requireGuard(settings);
    DataFolder folder = DataFolder.open(dataPath(options));
    Ports.Choice port = Ports.choose(settings.host(), options.port(), settings.port());
    Randomness random = Randomness.secure();
    Books books =
        Boolean.getBoolean(KEEP_NOTHING)
            ? Books.inMemory(settings, Time.system(), random)
            : Books.open(folder.path(), settings, Time.system(), random);
    Wiring wiring = new Wiring(settings, books, port.port(), Time.system(), random);
    Console console = new Console(settings, options, folder, wiring, port);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> console.stop(log), "stop"));
    console.started();
  }

  /** In local mode whoever reaches the port is taken for the owner of the machine. */
  private static void requireGuard(Settings settings) throws Settings.Invalid {
    if (settings.access().isGuarded()) {
      return;
    }
    URI url = settings.edge().publicUrl();
    if (!Loopback.is(settings.host())) {
      throw new Settings.Invalid(
          List.of(
              "server.host: '"
                  + settings.host()
                  + "' is not a loopback address, and nothing guards the service. Name a token"
                  + " under gate, or write `gate: open` to serve whoever you give a key; or use"
                  + " 127.0.0.1."));
    }
    if (url != null && !Loopback.is(url.getHost())) {
      throw new Settings.Invalid(
          List.of(
              "server.publicUrl: '"
                  + url
                  + "' is for other machines, and nothing guards the service. Name a token under"
                  + " gate, or write `gate: open` to serve whoever you give a key."));
    }
  }
}
