package com.runspace.dashboard;

import com.runspace.base.JsonText;
import com.runspace.base.Secret;
import com.runspace.keys.Door;
import com.runspace.models.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Set-ups to paste, one for each client: the one source of what the page, the docs and the command
 * line show.
 *
 * @param baseUrl where this service is reached, without a slash at the end and without {@code /v1}
 * @param key put into the texts; null when there is none to show
 */
public record Snippets(String baseUrl, @Nullable Secret key, Choice models) {
  private static final String LOCAL_MODEL = "qwen2.5-coder:7b";
  private static final String ROUTER_FILE = "Into `~/.claude-code-router/config.json`";
  private static final Pattern PLACE = Pattern.compile("@(\\w+)@");
  private static final String EXPORT_KEY = "export RUNSPACE_KEY=";
  private static final String PRODUCT_URL = "https://run-space.com";

  /** Goes when there is a sign-in for connectors; a test says so. */
  private static final String NO_SIGN_IN =
      "Not in this version: connectors cannot sign in yet, so take the URL with a key below. When"
          + " they can: ";

  /** A client that is set up here. */
  public enum Client {
    CURL("curl", "curl"),
    PYTHON("python", "Python"),
    NODE("node", "Node"),
    CLAUDE_CODE("claude-code", "Claude Code"),
    CLAUDE_DESKTOP("claude-desktop", "Claude Desktop"),
    CLAUDE_AI("claude-ai", "claude.ai");

    private final String id;
    private final String title;

    Client(String id, String title) {
      this.id = id;
      this.title = title;
    }

    /** As on the command line and in addresses. */
    public String id() {
      return id;
    }

    /** For people. */
    public String title() {
      return title;
    }

    /** What a key that is made for it opens. */
    public Set<Door> doors() {
      return Set.of(this == CLAUDE_AI ? Door.MCP : Door.API);
    }

    public static Optional<Client> of(String id) {
      return Arrays.stream(values()).filter(client -> client.id.equals(id)).findFirst();
    }
  }

  /**
   * The models that the texts name.
   *
   * @param main the one that answers
   * @param large the one for long prompts
   * @param all with the two before
   * @param window how many tokens {@code main} holds
   */
  public record Choice(String main, String large, List<String> all, long window) {
    private static final int NAMED_MAX = 8;

    /** The ones that the product's own page names. */
    public static final Choice PUBLISHED =
        new Choice(
            "llama-3.3-70b",
            "qwen3-235b",
            List.of("llama-3.3-70b", "qwen3-235b", "deepseek-v4"),
            131_072);

    public Choice {
      all = List.copyOf(all);
    }

    /** The published ones where they can be called, else what can. */
    public static Choice of(List<Model> listed) {
      if (listed.isEmpty()) {
        return PUBLISHED;
      }
      Model main = named(listed, PUBLISHED.main).orElse(listed.getFirst());
      Model large =
          named(listed, PUBLISHED.large)
              .orElseGet(() ->
                  listed.stream()
                      .max((a, b) -> Long.compare(a.window(), b.window()))
                      .orElseThrow());
      Set<String> all = new LinkedHashSet<>(List.of(main.id()));
      all.add(large.id());
      listed.stream().map(Model::id).limit(NAMED_MAX).forEach(all::add);
      return new Choice(main.id(), large.id(), List.copyOf(all), main.window());
    }

    private static Optional<Model> named(List<Model> listed, String id) {
      return listed.stream().filter(model -> model.id().equals(id)).findFirst();
    }
  }

  /** One text to paste, and where it goes. */
  public record Block(String label, String language, String text) {
    /** The label where no Markdown is read. */
    public String plainLabel() {
      return label.replace("`", "");
    }
  }

  /**
   * One way to set a client up.
   *
   * @param title empty where there is only one way
   */
  public record Way(String id, String title, String note, List<Block> blocks) {
    public Way {
      blocks = List.copyOf(blocks);
    }

    /** The note where no Markdown is read. */
    public String plainNote() {
      return note.replace("`", "");
    }

    /** As Markdown. */
    String markdown() {
      StringBuilder out = new StringBuilder();
      if (!title.isEmpty()) {
        out.append("## ").append(title).append("\n\n");
      }
      if (!note.isEmpty()) {
        out.append(note).append("\n\n");
      }
      for (Block block : blocks) {
        if (!block.label().isEmpty()) {
          out.append(block.label()).append(":\n\n");
        }
        out.append("```").append(block.language()).append('\n');
        out.append(block.text()).append("\n```\n\n");
      }
      return out.toString().stripTrailing();
    }
  }

  /** Everything for one client. */
  public record Setup(Client client, String lead, List<Way> ways) {
    public Setup {
      ways = List.copyOf(ways);
    }

    /** The page of the documentation about it. */
    public String docs() {
      return switch (client) {
        case CURL, PYTHON, NODE -> "/docs/api";
        case CLAUDE_CODE, CLAUDE_DESKTOP, CLAUDE_AI -> "/docs/" + client.id();
      };
    }

    /** For a terminal. */
    public String text() {
      StringBuilder out = new StringBuilder();
      for (Way way : ways) {
        if (!way.title().isEmpty()) {
          out.append(way.title()).append('\n').append("-".repeat(way.title().length()));
          out.append("\n\n");
        }
        if (!way.note().isEmpty()) {
          out.append(way.plainNote()).append("\n\n");
        }
        for (Block block : way.blocks()) {
          if (!block.label().isEmpty()) {
            out.append("# ").append(block.plainLabel()).append("\n\n");
          }
          out.append(block.text()).append("\n\n");
        }
      }
      return out.toString().stripTrailing();
    }
  }

  public Setup of(Client client) {
    return switch (client) {
      case CURL -> only(client, "Any shell. The key is read from the environment.", curl());
      case PYTHON ->
          only(
              client,
              "The package openai, any version since 1.0.",
              program("pip install openai", "python", "python.py"));
      case NODE ->
          only(
              client,
              "The package openai, in a file that ends in .mjs.",
              program("npm install openai", "js", "node.mjs"));
      case CLAUDE_CODE ->
          new Setup(
              client,
              "Open models in Claude Code, through a router; background work on your machine.",
              List.of(router2(), router3()));
      case CLAUDE_DESKTOP ->
          new Setup(
              client,
              "Cloud models and your own Ollama as tools of the desktop app.",
              List.of(bundle(), desktop()));
      case CLAUDE_AI ->
          new Setup(
              client,
              "Cloud models as a connector of the chat, on the web and on the phone.",
              chat());
    };
  }

  private static Setup only(Client client, String lead, List<Block> blocks) {
    return new Setup(client, lead, List.of(new Way(client.id(), "", "", blocks)));
  }

  private String shownKey() {
    return key == null ? "rsk_live_..." : key.reveal();
  }

  private List<Block> curl() {
    return List.of(
        new Block("Once in each terminal", "sh", EXPORT_KEY + shownKey()),
        new Block("Then", "sh", text("curl.sh", shownKey())));
  }

  private List<Block> program(String install, String language, String file) {
    return List.of(
        new Block("Once", "sh", install + "\n" + EXPORT_KEY + shownKey()),
        new Block("Then", language, text(file, shownKey())));
  }

  /** The file as it is published, which the versions 1 and 2 of the router read. */
  private Way router2() {
    return new Way(
        "router-2",
        "With version 2 of the router",
        "",
        List.of(
            new Block("Once", "sh", install("2.0.0")),
            new Block(ROUTER_FILE, "json", text("router-2.json", routerKey())),
            new Block("Then", "sh", start("export MAX_THINKING_TOKENS=0", "ccr code"))));
  }

  /** Version 3 reads other names, only at its first start, and no comments. */
  private Way router3() {
    return new Way(
        "router-3",
        "With version 3 of the router",
        "Write the file before the first start of the router. It is read then, the key in it is"
            + " kept in clear in the router's database, and the file is deleted.",
        List.of(
            new Block("Once", "sh", install("3.1.1")),
            new Block(ROUTER_FILE, "json", text("router-3.json", routerKey())),
            new Block("Then", "sh", start("ccr start --no-open", "ccr runspace"))));
  }

  private static String install(String version) {
    return "ollama pull " + LOCAL_MODEL + "\nnpm i -g @musistudio/claude-code-router@" + version;
  }

  private String start(String... commands) {
    String window = "export CLAUDE_CODE_MAX_CONTEXT_TOKENS=" + models.window() + "\n";
    return (key == null ? EXPORT_KEY + shownKey() + "\n" : "")
        + window
        + String.join("\n", commands);
  }

  /** The router replaces a name with a dollar sign by what the environment has. */
  private String routerKey() {
    return key == null ? "$RUNSPACE_KEY" : key.reveal();
  }

  private Way bundle() {
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Block("Download and open", "text", baseUrl + "/runspace.mcpb"));
    if (key != null) {
      blocks.add(new Block("The key it asks for", "text", key.reveal()));
    }
    return new Way(
        "bundle",
        "As a bundle",
        "Claude Desktop shows what it is, asks for your key, and keeps it in the key store of your"
            + " system. Nothing else is needed.",
        blocks);
  }

  private Way desktop() {
    // The product's own address is what the program takes by itself.
    String file = baseUrl.equals(PRODUCT_URL) ? "desktop-product.json" : "desktop.json";
    return new Way(
        "config",
        "In the settings file",
        "The program is one file and needs Node 20 or newer. It is the folder `runspace-mcp` of the"
            + " source, and this service has it as well. Put its place on your disk in for"
            + " `/absolute/path/to`.",
        List.of(
            new Block("The program", "text", baseUrl + "/runspace-mcp/index.js"),
            new Block("Into `claude_desktop_config.json`", "json", text(file, shownKey()))));
  }

  private List<Way> chat() {
    String url = baseUrl + "/mcp";
    String keyed = url + "/" + (key == null ? "rsk_live_YOURKEY" : key.reveal());
    Way withKey =
        new Way(
            "key",
            "With a key in the URL",
            "Where claude.ai asks about signing in, choose *No sign in*. Quick, but the key can be"
                + " seen in the connector's settings. Revoke it and add the connector anew when it"
                + " leaks.",
            List.of(new Block("", "text", keyed)));
    if (key != null) {
      return List.of(withKey);
    }
    return List.of(
        new Way(
            "oauth",
            "By signing in (recommended)",
            NO_SIGN_IN
                + "Use this URL and leave the OAuth fields blank. claude.ai leads you to a sign-in"
                + " with your wallet, and you approve. There is no key to paste.",
            List.of(new Block("", "text", url))),
        withKey);
  }

  /** A file beside the docs, with what stands between two at signs put in. */
  private String text(String file, String keyText) {
    // Ids come from the operator and from Ollama: as JSON, and safe between a shell's quotes.
    UnaryOperator<String> safe =
        id -> {
          String json = JsonText.quote(id);
          String bare = json.substring(1, json.length() - 1);
          return file.endsWith(".sh") ? bare.replace("'", "'\\''") : bare;
        };
    Map<String, String> values =
        Map.of(
            "base",
            baseUrl,
            "key",
            keyText,
            "local",
            LOCAL_MODEL,
            "model",
            safe.apply(models.main()),
            "large",
            safe.apply(models.large()),
            "models",
            models.all().stream().map(JsonText::quote).collect(Collectors.joining(", ")));
    return PLACE
        .matcher(Docs.resource("setups/" + file).strip())
        .replaceAll(
            place -> Matcher.quoteReplacement(Objects.requireNonNull(values.get(place.group(1)))));
  }
}
