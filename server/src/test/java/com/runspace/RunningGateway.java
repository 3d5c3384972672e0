package com.runspace;

import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.StoredKeyring;
import com.runspace.testkit.ScriptedUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** The whole service in this process, wired as {@code Main} wires it, on a port of its own. */
public final class RunningGateway implements AutoCloseable {
  /** The catalogue's id of the model that all its providers sell. */
  public static final String MODEL = "m";

  /** The name of that model at each provider. */
  public static final String PROVIDERS_MODEL = "provider/model-7b";

  static {
    Main.prepare();
  }

  private final Wiring wiring;
  private final Settings.Keys newKeys;
  private final int port;
  private final String key;

  private RunningGateway(Wiring wiring, Settings.Keys newKeys, int port) throws Wiring.StartFailed {
    this.newKeys = newKeys;
    this.wiring = wiring;
    this.port = port;
    Secret first = wiring.firstKey();
    this.key = first == null ? "" : first.reveal();
  }

  /** Routes to these providers, tried in this order. */
  public static Plan before(ScriptedUpstream... upstreams) {
    return before(Arrays.stream(upstreams).mapToInt(ScriptedUpstream::port).toArray());
  }

  /** Routes to providers on these loopback ports, tried in this order. */
  public static Plan before(int... ports) {
    return new Plan(ports);
  }

  /** The settings of a gateway to be started. What is not said has the usual value. */
  public static final class Plan {
    private final int[] ports;
    private String timeouts = "";
    private String allowance = "1";
    private String model = "";
    private String id = MODEL;
    private String price = "input: 0, output: 1";
    private String provider = "";
    private @Nullable Path data;
    private @Nullable Shares shares;
    private @Nullable String settings;
    private String probe = "off";
    private String scheme = "http";
    private List<String> routeMembers = List.of();
    private String drain = "100ms";
    private int loops = 1;
    private Time time = Time.system();
    private Map<String, String> environment = Map.of();

    private String server = "";
    private String more = "log: {calls: false}";

    private Plan(int[] ports) {
      this.ports = ports;
    }

    /** Members of every provider's {@code timeouts} in YAML. */
    public Plan timeouts(String members) {
      timeouts = members;
      return this;
    }

    /** Dollars a day. */
    public Plan allowance(String usd) {
      allowance = usd;
      return this;
    }

    /** More members of {@code server} in YAML, with a comma before each. */
    public Plan server(String members) {
      server = members;
      return this;
    }

    /** More blocks of settings in YAML, a line each. */
    public Plan more(String blocks) {
      more = blocks;
      return this;
    }

    /** More members of the model in YAML, each followed by a comma. */
    public Plan model(String members) {
      model = members;
      return this;
    }

    /** The catalogue's id of the model, in place of {@link #MODEL}. */
    public Plan modelId(String text) {
      id = text;
      return this;
    }

    /** Dollars per million tokens, as members in YAML. */
    public Plan price(String members) {
      price = members;
      return this;
    }

    /** More members of every provider in YAML, each followed by a comma. */
    public Plan provider(String members) {
      provider = members;
      return this;
    }

    /** Where the ledger is kept; without this it is kept in memory. */
    public Plan data(Path folder) {
      data = folder;
      return this;
    }

    /** Where parts of the keys' limits come from; for a gateway whose ledger is kept. */
    public Plan shares(Shares source) {
      shares = source;
      return this;
    }

    /** How providers are spoken to: {@code http} or {@code https}. */
    public Plan scheme(String name) {
      scheme = name;
      return this;
    }

    /** How often providers are looked at; without this they are trusted. */
    public Plan probe(String interval) {
      probe = interval;
      return this;
    }

    /** More members of each route in YAML, each followed by a comma. */
    public Plan routes(String... members) {
      routeMembers = List.of(members);
      return this;
    }

    public Plan drain(String duration) {
      drain = duration;
      return this;
    }

    public Plan eventLoops(int count) {
      loops = count;
      return this;
    }

    public Plan time(Time clocks) {
      time = clocks;
      return this;
    }

    public Plan environment(Map<String, String> variables) {
      environment = variables;
      return this;
    }

    /** The whole file of settings in YAML, in place of one made from all the above. */
    public Plan settings(String yaml) {
      settings = yaml;
      return this;
    }

    private String yaml() {
      if (settings != null) {
        return settings;
      }
      StringBuilder providers = new StringBuilder();
      List<String> routes = new ArrayList<>();
      for (int i = 0; i < ports.length; i++) {
        providers.append(
            "  p%d: {%s timeouts: {%s}, probe: %s, url: \"%s://127.0.0.1:%d/v1\"}\n"
                .formatted(i, provider, timeouts, probe, scheme, ports[i]));
        String members = i < routeMembers.size() ? routeMembers.get(i) : "";
        routes.add("{%s provider: p%d, model: %s}".formatted(members, i, PROVIDERS_MODEL));
      }
      return """
      server: {eventLoops: %d, drain: %s%s}
      %s
      local: {allowance: %s}
      providers:
      %smodels:
        - {id: %s, weights: w, licence: l, templateTokens: 0, price: {%s},
           %s routes: [%s]}
      """
          .formatted(
              loops,
              drain,
              server,
              more,
              allowance,
              providers,
              id,
              price,
              model,
              String.join(", ", routes));
    }

    public RunningGateway start() {
      try {
        Path file = Files.createTempFile("runspace", ".yaml");
        Settings settings;
        try {
          Files.writeString(file, yaml());
          settings = Settings.read(file, environment::get);
        } finally {
          Files.delete(file);
        }
        int port = Ports.choose("127.0.0.1", 0, 0).port();
        Path folder = data;
        Books books =
            folder == null
                ? Books.inMemory(settings, time, Randomness.secure())
                : Books.open(folder, settings, time, Randomness.secure(), shares);
        Wiring wiring = new Wiring(settings, books, port, time, Randomness.secure());
        return new RunningGateway(wiring, settings.keys(), port);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (Settings.Invalid | Ports.Taken | Wiring.StartFailed e) {
        throw new AssertionError(yaml(), e);
      }
    }
  }

  public int port() {
    return port;
  }

  /** A live key of the local account. */
  public String key() {
    return key;
  }

  public MemoryBudget budget() {
    return wiring.budget();
  }

  /** Runs {@code runspace key} with these words and returns what it says. */
  public List<String> key(List<String> words) {
    List<String> lines = new ArrayList<>();
    ControlSocket.Out out =
        new ControlSocket.Out() {
          @Override
          public void line(String text) {
            lines.addAll(text.lines().toList());
          }

          @Override
          public void aside(String text) {
            // Not part of the result.
          }
        };
    StoredKeyring keys = Objects.requireNonNull(wiring.books().storedKeys(), "no data folder");
    int code = new KeyCommand(keys, newKeys, Time.system()).run(words, out);
    if (code != 0) {
      throw new AssertionError("exit code " + code);
    }
    return lines;
  }

  /** What {@code runspace open} prints in local mode: a link that signs a browser in, once. */
  public String signInLink() {
    return Objects.requireNonNull(wiring.members(), "no data folder").signInLink().reveal();
  }

  /** What running calls hold of the allowance. */
  public Nanos held() {
    return wiring.held();
  }

  /** Looks at once whether the certificate was renewed. */
  public void renewCertificate() {
    wiring.renewCertificate().toCompletionStage().toCompletableFuture().join();
  }

  /** The port of the operator's listener. */
  public int adminPort() {
    return wiring.adminPort();
  }

  /** An entry of the log with the facts in it, as {@code name=value}. */
  public static String logged(LogRecord entry) {
    StringBuilder text = new StringBuilder(entry.getMessage());
    for (Object parameter : entry.getParameters()) {
      if (parameter instanceof Log.Facts facts) {
        facts.members().forEach((n, v) -> text.append(' ').append(n).append('=').append(v));
      }
    }
    return text.append(' ').toString();
  }

  /** Drains as on SIGTERM. */
  @Override
  public void close() {
    wiring.close();
  }
}
