package com.runspace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.ScriptedUpstream;
import com.runspace.testkit.SourceTree;
import com.runspace.web.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DocsDoorTest {
  private final ScriptedUpstream upstream = ScriptedUpstream.start();
  private final RunningGateway gateway = RunningGateway.before(upstream).start();
  private final String url = "http://127.0.0.1:" + gateway.port();

  @AfterEach
  void close() {
    gateway.close();
    upstream.close();
  }

  private Response get(String path) {
    return call(Request.get(path));
  }

  private Response call(Request request) {
    try (RawClient client = RawClient.to(gateway.port())) {
      return client.call(request.header("connection", "close"));
    }
  }

  @Test
  void everyPageIsServedForPeopleAndForPrograms() {
    for (Docs.Article article : new Docs(url).articles()) {
      Response page = get(article.path());
      assertThat(page.status()).as(article.path()).isEqualTo(200);
      assertThat(page.header("content-type")).isEqualTo("text/html; charset=utf-8");
      assertThat(page.header("content-security-policy")).isEqualTo(Page.POLICY);
      assertThat(page.text())
          .contains(article.html())
          .contains("<a href=\"" + article.path() + "\" aria-current=\"page\">");
      Response plain = get("/docs/" + article.name() + ".md");
      assertThat(plain.status()).isEqualTo(200);
      assertThat(plain.header("content-type")).isEqualTo("text/markdown; charset=utf-8");
      assertThat(plain.text()).isEqualTo(article.markdown()).doesNotContain("run-space.com");
    }
  }

  @Test
  void indexNamesTheBaseUrlOfThisService() {
    assertThat(get("/docs").text()).contains("<code>" + url + "/v1</code>");
    assertThat(get("/llms.txt").text())
        .startsWith("# RunSpace\n\n> ")
        .contains("- [The API](" + url + "/docs/api.md): ")
        .contains(url + "/openapi.json");
    assertThat(get("/openapi.json").text()).contains("\"url\" : \"" + url + "\"");
  }

  @Test
  void otherNamesAreNoPages() {
    for (String path : List.of("/docs/index", "/docs/other", "/docs/other.md", "/docs/..%2fapi")) {
      Response answer = get(path);
      assertThat(answer.status()).as(path).isEqualTo(404);
      assertThat(answer.text()).contains("There is no such page");
    }
  }

  @Test
  void whatTheConnectorPagesNameIsThere() throws IOException {
    assertThat(call(Request.post("/mcp", "{}")).status()).isEqualTo(401);
    assertThat(get("/docs/claude-ai.md").text()).contains(url + "/mcp/rsk_live_YOURKEY");
    assertThat(get("/docs/claude-desktop.md").text())
        .contains(url + "/runspace.mcpb", url + "/runspace-mcp/index.js")
        .contains("\"RUNSPACE_BASE_URL\": \"" + url + "\"");
    Path program = SourceTree.root().resolve("runspace-mcp/index.js");
    assertThat(get("/runspace-mcp/index.js").text()).isEqualTo(Files.readString(program));
    assertThat(get("/runspace.mcpb").header("content-disposition")).contains("runspace.mcpb");
  }

  /**
   * Whoever builds the sign-in of connectors is told here that the docs still say there is none.
   */
  @Test
  void signInOfConnectorsIsSaidToBeMissingAsLongAsItIs() {
    boolean missing = get("/.well-known/oauth-protected-resource/mcp").status() == 404;
    assertThat(get("/docs/claude-ai.md").text().contains("Not in this version")).isEqualTo(missing);
  }
}
