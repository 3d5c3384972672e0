package com.runspace.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.chains.NodeProgram;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Router;
import com.runspace.keys.MemoryKeyring;
import com.runspace.web.LoopSite;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The scenarios of the official conformance suite that call tools of the suite's own, on our engine
 * with such tools. The others run against the whole service, see {@code docs/clients.md}.
 */
@Timeout(60)
class ConformanceTest {
  private static final String SUITE = "@modelcontextprotocol/conformance";

  private static final List<Tool> TOOLS =
      List.of(
          new SuiteTool(
              "test_simple_text",
              run -> run.done().accept(Tool.text("This is a simple text response for testing."))),
          new SuiteTool(
              "test_error_handling",
              run ->
                  run.done()
                      .accept(Tool.error("This tool intentionally returns an error for testing"))),
          new SuiteTool(
              "test_tool_with_progress",
              run -> {
                for (int percent = 0; percent <= 100; percent += 50) {
                  run.progress().report(percent, percent + " %");
                }
                run.done().accept(Tool.text("Done."));
              }));

  /** A tool that the suite expects of a server under test. */
  private record SuiteTool(String name, Consumer<Run> action) implements Tool {
    @Override
    public JsonObject descriptor() {
      return new JsonObject()
          .put("name", name)
          .put("description", "For the suite.")
          .put("inputSchema", new JsonObject().put("type", "object"));
    }

    @Override
    public void call(Run run) {
      action.accept(run);
    }
  }

  @TempDir private Path folder;

  private final MemoryKeyring keyring = new MemoryKeyring(Randomness.secure());
  private final Secret key = keyring.create(new AccountId("a"), "suite");
  private final LoopSite site = LoopSite.of(Time.system(), this::doors);

  private void doors(Router router, Watch watch) {
    McpEndpoint endpoint = new McpEndpoint(TOOLS, watch, shared());
    router.below(HttpMethod.POST, McpEndpoint.PATH + "/", endpoint.withKeyInPath());
  }

  private McpEndpoint.Shared shared() {
    return new McpEndpoint.Shared(
        keyring::find,
        keyring::find,
        List::of,
        _ -> {
          throw new AssertionError("nobody asks for an allowance");
        },
        new MemoryBudget(1 << 24),
        Set.of(),
        "",
        "0.1.0");
  }

  @AfterEach
  void stop() {
    site.close();
  }

  @ParameterizedTest
  @CsvSource({
    "tools-call-simple-text,2025-11-25",
    "tools-call-simple-text,2026-07-28",
    "tools-call-error,2025-11-25",
    "tools-call-error,2026-07-28",
    "tools-call-with-progress,2025-11-25",
    "tools-call-with-progress,2026-07-28",
  })
  void scenarioHolds(String scenario, String version) throws Exception {
    Path modules = NodeProgram.modulesWith(SUITE).orElse(null);
    assumeTrue(modules != null, "the conformance suite is not installed: ./runspace test does it");
    Process suite =
        new ProcessBuilder(
                NodeProgram.node(),
                String.valueOf(modules) + "/" + SUITE + "/dist/index.js",
                "server",
                "--url",
                "http://127.0.0.1:" + site.port() + "/mcp/" + key.reveal(),
                "--scenario",
                scenario,
                "--spec-version",
                version,
                "-o",
                folder.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(suite.getInputStream().readAllBytes(), UTF_8);
    assertThat(suite.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(suite.exitValue()).as(said).isZero();
    assertThat(said).contains("0 failed, 0 warnings");
  }
}
