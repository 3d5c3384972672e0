package com.runspace.dashboard;

import com.runspace.wire.ApiError;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.html.HtmlNodeRendererContext;
import org.commonmark.renderer.html.HtmlRenderer;
import org.commonmark.renderer.html.HtmlWriter;
import org.jspecify.annotations.Nullable;

/**
 * The public documentation, from Markdown on the class path: read, completed and rendered once. The
 * files name the product's own address, which is replaced by that of this service; a comment on a
 * line of its own stands for what the code knows better: {@code errors} for the error table, {@code
 * setup CLIENT [WAY]} for the texts of {@link Snippets}.
 */
public final class Docs {
  /** The page that stands at {@code /docs} itself. */
  static final String INDEX = "index";

  private static final String FOLDER = "/com/runspace/docs/";
  private static final String ADDRESS = "https://run-space.com";

  /** In the order of the navigation. */
  private static final List<String> NAMES =
      List.of(
          INDEX,
          "keys",
          "api",
          "streaming",
          "errors",
          "claude-code",
          "claude-desktop",
          "claude-ai",
          "models",
          "billing",
          "self-hosting");

  private static final Pattern PLACEHOLDER =
      Pattern.compile("(?m)^<!-- (\\w+)(?: ([\\w-]+))?(?: ([\\w-]+))? -->\\n\\n?");

  private static final Pattern HEAD = Pattern.compile("# (.+)\\n\\n((?:.+\\n)+)");

  /**
   * One page.
   *
   * @param lead the first paragraph, on one line
   * @param markdown with addresses in full
   * @param html the article alone
   */
  public record Article(String name, String title, String lead, String markdown, String html) {
    public String path() {
      return name.equals(INDEX) ? "/docs" : "/docs/" + name;
    }
  }

  private final Map<String, Article> articles = new LinkedHashMap<>();
  private final String llms;
  private final String openApi;

  /**
   * Reads and renders all pages.
   *
   * @param publicUrl where callers find this service, without a slash at the end
   */
  public Docs(String publicUrl) {
    Snippets snippets = new Snippets(publicUrl, null, Snippets.Choice.PUBLISHED);
    ArticleHtml html = new ArticleHtml();
    for (String name : NAMES) {
      String text = complete(resource(name + ".md").replace(ADDRESS, publicUrl), snippets);
      Matcher head = HEAD.matcher(text);
      if (!head.lookingAt()) {
        throw new IllegalArgumentException(name + ".md must begin with a title and a paragraph");
      }
      String lead = head.group(2).strip().replace('\n', ' ');
      String whole = text.replace("](/", "](" + publicUrl + "/");
      articles.put(name, new Article(name, head.group(1), lead, whole, html.render(text)));
    }
    llms = index(publicUrl);
    openApi = new JsonObject(resource("openapi.json").replace(ADDRESS, publicUrl)).encodePrettily();
  }

  static String resource(String name) {
    try (InputStream in = Docs.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalArgumentException("no such page: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String complete(String text, Snippets snippets) {
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(found -> Matcher.quoteReplacement(stand(found, snippets) + "\n\n"))
        .stripTrailing()
        .concat("\n");
  }

  private static String stand(MatchResult found, Snippets snippets) {
    String what = found.group(1);
    if (what.equals("errors")) {
      return errorTable();
    }
    Snippets.Client client =
        Snippets.Client.of(String.valueOf(found.group(2)))
            .orElseThrow(() -> new IllegalArgumentException("unknown client in " + found.group()));
    Snippets.Setup setup = snippets.of(client);
    return switch (what) {
      case "setup" -> ways(setup, found.group(3));
      default -> throw new IllegalArgumentException("unknown placeholder " + found.group());
    };
  }

  private static String ways(Snippets.Setup setup, @Nullable String id) {
    List<String> texts =
        setup.ways().stream()
            .filter(way -> id == null || way.id().equals(id))
            .map(Snippets.Way::markdown)
            .toList();
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("no way " + id + " of " + setup.client().id());
    }
    return String.join("\n\n", texts);
  }

  /** The table of {@link ApiError} as Markdown. */
  static String errorTable() {
    StringBuilder table =
        new StringBuilder(
            """
            | status | `code` | meaning | retry | `type` |
            | --- | --- | --- | --- | --- |
            """);
    for (ApiError error : ApiError.values()) {
      String retry =
          switch (error.retry()) {
            case YES -> "true";
            case NO -> "false";
            case BY_STATUS -> "–";
          };
      String code = error.code() == null ? "null" : "`" + error.code() + "`";
      table.append(
          "| %d | %s | %s | %s | `%s` |\n"
              .formatted(error.status(), code, error.meaning(), retry, error.type()));
    }
    return table.toString().stripTrailing();
  }

  /** The index for language models, as llmstxt.org describes it. */
  private String index(String publicUrl) {
    StringBuilder out = new StringBuilder();
    Article first = articles.values().iterator().next();
    out.append("# ").append(first.title()).append("\n\n> ").append(first.lead()).append("\n\n");
    out.append("The base URL is ").append(publicUrl).append("/v1, and every request has the");
    out.append(" header `Authorization: Bearer rsk_live_...`.\n\n## Docs\n\n");
    for (Article article : articles.values()) {
      String address = publicUrl + "/docs/" + article.name() + ".md";
      out.append("- [").append(article.name().equals(INDEX) ? "Overview" : article.title());
      out.append("](").append(address).append("): ").append(article.lead()).append('\n');
    }
    out.append("\n## API\n\n- [OpenAPI 3.1](").append(publicUrl).append("/openapi.json): ");
    return out.append("every path, with what it takes and what it answers\n").toString();
  }

  public Optional<Article> article(String name) {
    return Optional.ofNullable(articles.get(name));
  }

  /** All pages, in the order of the navigation. */
  public Collection<Article> articles() {
    return articles.values();
  }

  /** What is served as {@code /llms.txt}. */
  public String llms() {
    return llms;
  }

  /** What is served as {@code /openapi.json}. */
  public String openApi() {
    return openApi;
  }

  /**
   * Turns an article's Markdown into HTML: headings can be linked to, what is wider than the page
   * can be scrolled with the keyboard, and code has a button that copies it.
   */
  static final class ArticleHtml {
    private static final List<Extension> EXTENSIONS =
        List.of(TablesExtension.create(), HeadingAnchorExtension.create());

    private final Parser parser = Parser.builder().extensions(EXTENSIONS).build();
    private final HtmlRenderer renderer =
        HtmlRenderer.builder()
            // The first to name a kind of node renders it, so ours comes before the extensions'.
            .nodeRendererFactory(Wide::new)
            .extensions(EXTENSIONS)
            .escapeHtml(true)
            .build();

    String render(String markdown) {
      return renderer.render(parser.parse(markdown));
    }

    /** Blocks that may be wider than the page. One object for each article. */
    private static final class Wide implements NodeRenderer {
      private final HtmlNodeRendererContext context;
      private final HtmlWriter html;
      private int codes;

      Wide(HtmlNodeRendererContext context) {
        this.context = context;
        this.html = context.getWriter();
      }

      @Override
      public Set<Class<? extends Node>> getNodeTypes() {
        return Set.of(FencedCodeBlock.class, TableBlock.class);
      }

      @Override
      public void render(Node node) {
        html.line();
        if (node instanceof FencedCodeBlock code) {
          code(code);
        } else {
          table(node);
        }
        html.line();
      }

      private void code(FencedCodeBlock code) {
        String id = "code-" + ++codes;
        html.tag("div", Map.of("class", "copyable"));
        html.tag("pre", Map.of("tabindex", "0"));
        html.tag("code", Map.of("id", id));
        html.text(code.getLiteral().stripTrailing());
        html.tag("/code");
        html.tag("/pre");
        html.raw(
            "<button class=\"btn\" type=\"button\" data-copy=\"" + id + "\" hidden>Copy</button>");
        html.tag("/div");
      }

      private void table(Node table) {
        html.raw("<div class=\"scroll\" tabindex=\"0\">");
        html.tag("table");
        for (Node part = table.getFirstChild(); part != null; part = part.getNext()) {
          context.render(part);
        }
        html.tag("/table");
        html.tag("/div");
      }
    }
  }
}
