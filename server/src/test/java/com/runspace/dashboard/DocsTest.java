package com.runspace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.config.Settings;
import com.runspace.models.Model;
import com.runspace.upstream.Provider;
import com.runspace.wire.ApiError;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation says is so, as far as it can be told without running it. */
class DocsTest {
  private static final String HERE = "https://space.example";
  private static final Pattern FENCED = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)]+)\\)");

  /** Pages of this service that are none of the docs. */
  private static final Set<String> PAGES =
      Set.of("/sign-in", "/models", "/openapi.json", "/runspace.mcpb");

  /** Programs that the shell texts call; those with a key are run by the acceptance tests. */
  private static final Set<String> PROGRAMS =
      Set.of("export", "curl", "npm", "pip", "ollama", "ccr", "./runspace");

  private final Docs docs = new Docs(HERE);

  @TempDir private Path folder;

  private record Code(String page, String language, String text) {}

  private List<Code> codes(String... languages) {
    List<Code> codes = new ArrayList<>();
    for (Docs.Article article : docs.articles()) {
      Matcher found = FENCED.matcher(article.markdown());
      while (found.find()) {
        Code code = new Code(article.name(), found.group(1), found.group(2));
        if (languages.length == 0 || Arrays.asList(languages).contains(code.language())) {
          codes.add(code);
        }
      }
    }
    return codes;
  }

  private String markdown(String name) {
    return docs.article(name).orElseThrow().markdown();
  }

  @Test
  void everyPageIsWholeAndNamesThisService() {
    assertThat(docs.articles()).hasSize(11);
    for (Docs.Article article : docs.articles()) {
      assertThat(article.markdown())
          .as(article.name())
          .startsWith("# " + article.title() + "\n")
          .doesNotContain("<!--", "run-space.com");
      assertThat(article.lead()).as(article.name()).endsWith(".");
      assertThat(article.html()).as(article.name()).contains("<h1 id=").doesNotContain("&lt;!--");
      assertThat(docs.llms())
          .contains("](" + HERE + "/docs/" + article.name() + ".md): " + article.lead());
    }
  }

  @Test
  void everyLinkLeadsSomewhere() {
    for (Docs.Article article : docs.articles()) {
      Matcher link = LINK.matcher(article.markdown());
      while (link.find()) {
        if (!link.group(1).startsWith(HERE)) {
          assertThat(link.group(1)).startsWith("https://");
          continue;
        }
        String[] parts = link.group(1).substring(HERE.length()).split("#", 2);
        Docs.Article target =
            docs.articles().stream()
                .filter(each -> each.path().equals(parts[0]))
                .findFirst()
                .orElse(null);
        if (target == null) {
          assertThat(PAGES).as(article.name()).contains(parts[0]);
        } else if (parts.length == 2) {
          assertThat(target.html()).contains(" id=\"" + parts[1] + "\"");
        }
      }
    }
  }

  @Test
  void everySnippetCanBeRead() throws Exception {
    for (Code code : codes()) {
      switch (code.language()) {
        case "json" -> assertThat(Json.decodeValue(code.text())).as(code.page()).isNotNull();
        case "yaml" -> {
          Path file = Files.writeString(folder.resolve("runspace.yaml"), code.text());
          assertThat(Settings.read(file, _ -> "secret").models()).as(code.text()).isNotEmpty();
        }
        case "sh" -> shell(code);
        case "python", "js", "text" -> {}
        default -> throw new AssertionError(code.page() + ": unknown language " + code);
      }
    }
  }

  private void shell(Code code) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("snippet.sh"), code.text());
    Process checked = new ProcessBuilder("sh", "-n", file.toString()).inheritIO().start();
    assertThat(checked.waitFor()).as(code.text()).isZero();
    for (String line : code.text().replace("\\\n", "").split("\n", -1)) {
      if (!line.isBlank()) {
        assertThat(PROGRAMS).as(code.page()).contains(line.strip().split(" ", 2)[0]);
      }
    }
  }

  @Test
  void settingsOfTheRouterHoldTogether() {
    List<JsonObject> files =
        codes("json").stream()
            .filter(code -> code.page().equals("claude-code"))
            .map(code -> new JsonObject(code.text()))
            .toList();
    assertThat(files).hasSize(2);
    for (JsonObject file : files) {
      JsonArray providers = file.getJsonArray("Providers");
      JsonObject ours = providers.getJsonObject(0);
      assertThat(ours.getString("api_base_url")).isEqualTo(HERE + "/v1/chat/completions");
      assertThat(ours.getString("api_key")).isEqualTo("$RUNSPACE_KEY");
      assertThat(ours.getJsonArray("models"))
          .isEqualTo(JsonArray.of("llama-3.3-70b", "qwen3-235b", "deepseek-v4"));
      JsonObject local = providers.getJsonObject(1);
      assertThat(local.getString("api_base_url"))
          .isEqualTo("http://localhost:11434/v1/chat/completions");
      assertThat(local.getJsonArray("models")).isEqualTo(JsonArray.of("qwen2.5-coder:7b"));
    }
    assertThat(files.getFirst().getJsonObject("Router"))
        .isEqualTo(
            new JsonObject()
                .put("default", "runspace,llama-3.3-70b")
                .put("background", "ollama,qwen2.5-coder:7b")
                .put("longContext", "runspace,qwen3-235b"));
    List<String> targets =
        files.getLast().getJsonObject("Router").getJsonArray("rules").stream()
            .map(rule -> ((JsonObject) rule).getString("target"))
            .toList();
    assertThat(targets)
        .containsExactly(
            "runspace/qwen3-235b", "ollama/qwen2.5-coder:7b", "runspace/llama-3.3-70b");
  }

  @Test
  void errorsAreThoseOfTheCode() {
    for (ApiError error : ApiError.values()) {
      assertThat(markdown("errors")).contains(" | " + error.meaning() + " |");
    }
    assertThat(docs.article("errors").orElseThrow().html())
        .contains("<td><code>daily_allowance_spent</code></td>");
  }

  @Test
  void modelsAreThoseThatShip() throws Exception {
    Path file = Files.writeString(folder.resolve("all.yaml"), "providers: {openrouter: {}}");
    List<String> rows = new ArrayList<>();
    for (Model model : Settings.read(file, _ -> "secret").models()) {
      // The product counts 512k in units of 1,024, the others in thousands.
      boolean binary = model.window() == 524_288;
      rows.add(
          "| `%s` | %s | %dk |"
              .formatted(model.id(), model.card().name(), model.window() / (binary ? 1024 : 1000)));
    }
    assertThat(rows).hasSize(7);
    assertThat(markdown("models").lines().filter(line -> line.startsWith("| `")))
        .containsExactlyElementsOf(rows);
  }

  @Test
  void fieldsThatAreLeftOutAreNamed() {
    String text = markdown("api").replace('\n', ' ');
    String named = Objects.requireNonNull(text.split("are left out: ", 2)[1]).split("\\. ", 2)[0];
    assertThat(named.replace("`", "").split(", ", -1))
        .containsExactlyInAnyOrderElementsOf(Provider.REMOVED);
  }

  @Test
  void htmlIsKeyboardCleanAndEscaped() {
    String html =
        new Docs.ArticleHtml()
            .render(
                """
                # A <b>

                | a |
                | --- |
                | b |

                ```json
                {"a": "<script>"}
                ```

                <script>
                """);
    assertThat(html)
        .contains("<pre tabindex=\"0\"><code id=\"code-1\">{&quot;a&quot;: &quot;&lt;script&gt;")
        .contains("data-copy=\"code-1\" hidden>")
        .contains("<div class=\"scroll\" tabindex=\"0\"><table>")
        .doesNotContain("<script", "<b>");
  }
}
