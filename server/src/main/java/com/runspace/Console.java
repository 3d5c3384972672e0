package com.runspace;

import com.runspace.base.JsonText;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.dashboard.Snippets;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.LocalLedger;
import com.runspace.models.Model;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The running service as its operator meets it: what it says when it starts and when it stops. */
final class Console {
  private static final String QUESTION = "Tell me a short story about the sea.";

  private final Settings settings;
  private final Options options;
  private final DataFolder folder;
  private final Wiring wiring;
  private final Local local;
  private final String url;
  private final String publicUrl;
  private final int insteadOf;
  private final @Nullable Secret key;
  private @Nullable ControlSocket control;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  Console(Settings settings, Options options, DataFolder folder, Wiring wiring, Ports.Choice port)
      throws Wiring.StartFailed {
    this.settings = settings;
    this.options = options;
    this.folder = folder;
    this.wiring = wiring;
    this.publicUrl = settings.publicUrl(port.port());
    this.insteadOf = port.insteadOf();
    this.url =
        (settings.edge().tls() == null ? "http://" : "https://")
            + settings.host()
            + ":"
            + port.port();
    this.local = new Local(settings.local(), wiring.catalogue(), wiring.providers());
    this.key = wiring.firstKey();
  }

  /** Carries out what the operator's commands ask of the running service. */
  private int run(List<String> command, ControlSocket.Out out) {
    List<String> words = command.subList(1, command.size());
    return switch (command.getFirst()) {
      case "models" ->
          new ModelsCommand(
                  wiring.vertx(), wiring.catalogue(), wiring.providers(), settings.unsold())
              .run(words, out);
      case "key" -> {
        StoredKeyring keys = wiring.books().storedKeys();
        yield keys == null
            ? 1
            : new KeyCommand(keys, settings.keys(), Time.system()).run(words, out);
      }
      case "connect" ->
          new ConnectCommand(
                  publicUrl, Snippets.Choice.of(wiring.listed()), wiring.books().storedKeys())
              .run(words, out);
      case "usage" -> {
        LocalLedger ledger = wiring.books().kept();
        yield ledger == null ? 1 : new UsageCommand(ledger, Time.system()).run(words, out);
      }
      case "open" -> new MembersCommand(wiring.members()).open(out);
      case "gate" -> new MembersCommand(wiring.members()).gate(words, out);
      case "backup" -> BackupCommand.backUp(wiring.books(), words, out);
      case "restore" -> {
        out.aside("stop the service first: a store cannot be put in while it is in use");
        yield 1;
      }
      default -> {
        out.aside("the running service does not know the command " + command.getFirst());
        yield 2;
      }
    };
  }

  /** Says that the gateway listens, looks for local models, and says what to try. */
  void started() throws IOException {
    folder.sayHolder("process " + ProcessHandle.current().pid() + ", " + url);
    control = ControlSocket.open(folder.path(), this::run);
    if (!settings.local().ollama().equals("off")) {
      local.watchOllama(wiring.vertx());
    }
    say("listening", "\"url\":" + JsonText.quote(url), listening());
    String missing = startEngine();
    if (missing == null) {
      var _ = local.outcome().thenAccept(this::ready);
    } else {
      ready(missing);
    }
  }

  private String listening() {
    String data = "  data      " + folder.path() + "\n";
    String address = "\nRunSpace " + Main.version() + "\n\n  API       " + url + "/v1\n";
    Members members = wiring.members();
    if (members != null) {
      address += "  dashboard " + members.publicUrl() + "\n";
    }
    return insteadOf == 0
        ? address + data
        : address + data + "  port      " + insteadOf + " is taken, so this is the next free one\n";
  }

  /** Null when the engine is on its way, "" when it is not wanted, else why it cannot start. */
  private @Nullable String startEngine() {
    if (!settings.local().engine() || options.noEngine()) {
      return "";
    }
    if (options.modelMissing() != null) {
      return options.modelMissing();
    }
    Path engine = options.engine();
    Path model = options.model();
    if (engine == null || model == null) {
      return engine == null
          ? "no engine was named; start RunSpace with ./runspace"
          : "no model file was named; use --model FILE";
    }
    local.startEngine(engine, model, Time.system());
    return null;
  }

  /** Everything that will come without further action is there; says what can be called. */
  private void ready(String engineMissing) {
    List<Model> models = wiring.listed();
    StringBuilder text = new StringBuilder();
    if (!engineMissing.isEmpty()) {
      text.append("  engine    not running: ").append(engineMissing).append('\n');
    }
    text.append("  models    ")
        .append(
            models.isEmpty()
                ? "none yet: name some in a settings file (--config FILE), or start Ollama"
                : models.stream().map(m -> m.card().name()).collect(Collectors.joining(", ")))
        .append('\n');
    Members members = wiring.members();
    if (members != null && members.isLocal() && !options.json()) {
      text.append("  sign in   ").append(members.signInLink().reveal());
      text.append("\n            works once, for 15 minutes; ./runspace open makes another\n");
    }
    text.append("  key       ");
    text.append(
        key == null
            ? "as before; ./runspace key create --name NAME makes another\n"
            : key.reveal() + "\n            shown only now\n");
    String curl = models.isEmpty() ? "" : curl(models.getFirst().id());
    if (!curl.isEmpty()) {
      text.append("\nTry it:\n\n").append(curl).append("\n\n");
    }
    say("ready", readyJson(models, curl, engineMissing), text.toString());
  }

  private String readyJson(List<Model> models, String curl, String engineMissing) {
    StringBuilder json = new StringBuilder("\"url\":");
    JsonText.quote(json, url).append(",\"key\":");
    JsonText.quote(json, key == null ? "" : key.reveal()).append(",\"models\":[");
    json.append(
        models.stream().map(model -> JsonText.quote(model.id())).collect(Collectors.joining(",")));
    json.append("],\"curl\":");
    JsonText.quote(json, curl).append(",\"missing\":");
    return JsonText.quote(json, engineMissing).toString();
  }

  private String curl(String model) {
    return "curl -N "
        + url
        + "/v1/chat/completions -H "
        + (key == null
            ? "\"Authorization: Bearer $RUNSPACE_KEY\""
            : "'Authorization: Bearer " + key.reveal() + "'")
        + " -d '{\"model\":"
        + JsonText.quote(model)
        + ",\"stream\":true,\"max_tokens\":200,\"messages\":[{\"role\":\"user\",\"content\":\""
        + QUESTION
        + "\"}]}'";
  }

  private synchronized void say(String event, String members, String text) {
    if (options.json()) {
      out.println("{\"event\":" + JsonText.quote(event) + "," + members + "}");
    } else {
      out.print(text);
      out.flush();
    }
  }

  /** Drains, then ends the process with code 0: it was asked to stop, and nothing failed. */
  void stop(Log log) {
    say(
        "stopping",
        "\"drain_seconds\":" + settings.drain().toSeconds(),
        "\nStopping: running answers may finish, for up to "
            + settings.drain().toSeconds()
            + " s.\n");
    wiring.close();
    local.close();
    try {
      if (control != null) {
        control.close();
      }
      folder.close();
    } catch (IOException alreadyGone) {
      System.err.println("runspace: the data folder's lock: " + alreadyGone.getMessage());
    }
    log.flush();
    Runtime.getRuntime().halt(0);
  }
}
