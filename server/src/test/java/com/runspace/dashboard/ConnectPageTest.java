package com.runspace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.config.Settings;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Router;
import com.runspace.keys.Door;
import com.runspace.keys.StoredKeyring;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.upstream.Providers;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.web.LoopSite;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.StaticFiles;
import com.runspace.web.Viewer;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pages of the models and of the set-ups, over HTTP. */
@Timeout(30)
class ConnectPageTest {
  private static final String URL = "http://127.0.0.1:8080";
  private static final AccountId ACCOUNT = new AccountId("a1");
  private static final Pattern KEY = Pattern.compile("rsk_live_[0-9A-Za-z]{49}");

  @TempDir private Path folder;

  private Db db;
  private StoredKeyring keyring;
  private LoopSite site;
  private List<Model> models;
  private Optional<Session> session = Optional.empty();

  @BeforeEach
  void start() throws Exception {
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1));
    keyring = new StoredKeyring(db, Time.system(), Randomness.secure());
    Path file = Files.writeString(folder.resolve("s.yaml"), "providers: {openrouter: {}}");
    Settings settings = Settings.read(file, _ -> "secret");
    models = settings.models();
    Catalogue catalogue = new Catalogue(models);
    Providers providers = new Providers(settings.providers(), Time.system());
    Pages pages = new Pages(new StaticFiles(Pages.files()));
    SameOrigin origin = new SameOrigin(URI.create(URL));
    SignInPage signIn = new SignInPage(pages, SignInPage.Entrance.WALLET, origin, _ -> session);
    MemoryBudget budget = new MemoryBudget(1 << 20);
    Sessions sessions = new Sessions(db, Time.system(), Randomness.secure());
    Desk desk =
        new Desk(
            new Desk.Parts(
                pages,
                signIn,
                origin,
                _ -> session,
                each -> new Viewer(each.wallet(), each.wallet(), false),
                sessions::isConfirmed,
                Time.system(),
                budget));
    ConnectPage connect =
        new ConnectPage(desk, pages, keyring, () -> models, Randomness.secure(), URL);
    ModelsPage list = new ModelsPage(catalogue, providers, pages, desk::viewer, URL);
    site = LoopSite.of(Time.system(), (router, watch) -> doors(router, watch, connect, list));
  }

  private static void doors(Router router, Watch watch, ConnectPage connect, ModelsPage list) {
    router
        .on(HttpMethod.GET, "/models", list)
        .on(HttpMethod.GET, "/connect", connect.page())
        .on(HttpMethod.POST, "/connect/key", connect.key(watch));
  }

  @AfterEach
  void stop() throws Exception {
    site.close();
    db.close();
  }

  private void signIn(Duration signedAgo) {
    Instant now = Instant.ofEpochMilli(Time.system().epochMillis());
    session =
        Optional.of(
            new Session(
                "s1",
                ACCOUNT,
                "0x52908400098527886E0F7030069857D2E4169EE7",
                now,
                now,
                now.plusSeconds(600),
                now.minus(signedAgo),
                "test"));
  }

  private Response call(Request request) {
    try (RawClient client = RawClient.to(site.port())) {
      return client.call(request.header("connection", "close"));
    }
  }

  private Response make(String form) {
    return call(
        Request.of("POST", "/connect/key")
            .header("origin", URL)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes.of(form)));
  }

  @Test
  void modelsAreShownToEverybodyWithTheirPrices() {
    String page = call(Request.get("/models")).text();
    assertThat(page)
        .contains("<b>Llama 3.3 70B Instruct</b>", "llama-3.3-70b", "131,072")
        .contains("href=\"https://huggingface.co/meta-llama/Llama-3.3-70B-Instruct\"")
        .contains("Not checked yet")
        .contains("$0.115");
    assertThat(page.split("<tr>", -1)).hasSize(9);
  }

  @Test
  void setUpsAreShownToEverybodyAndKeysToNobody() throws Exception {
    String page = call(Request.get("/connect")).text();
    for (Snippets.Client client : Snippets.Client.values()) {
      assertThat(page).contains("id=\"" + client.id() + "\"");
    }
    assertThat(page)
        .contains(URL + "/v1/chat/completions")
        .contains("/sign-in?next=/connect")
        .doesNotContain("run-space.com", "<form");
    assertThat(make("client=curl").status()).isEqualTo(401);
    assertThat(keyring.listAll()).isEmpty();
  }

  @Test
  void keyIsMadeForOneClientAndShownOnceInItsSetUp() throws Exception {
    signIn(Duration.ZERO);
    assertThat(call(Request.get("/connect")).text()).contains("action=\"/connect/key\"");
    Response made = make("client=claude-code&once=1");
    assertThat(made.status()).as(made.text()).isEqualTo(200);
    assertThat(made.header("cache-control")).isEqualTo("no-store");
    Matcher key = KEY.matcher(made.text());
    assertThat(key.find()).isTrue();
    assertThat(keyring.find(key.group()).orElseThrow().doors()).containsExactly(Door.API);
    assertThat(keyring.list(ACCOUNT)).hasSize(1);
    assertThat(keyring.list(ACCOUNT).getFirst().settings().name()).isEqualTo("Claude Code");
    assertThat(made.text()).contains("\"api_key\": \"" + key.group());
    assertThat(make("client=claude-code&once=1").status()).isEqualTo(409);
    assertThat(keyring.list(ACCOUNT)).hasSize(1);
    assertThat(call(Request.get("/connect")).text()).doesNotContain(key.group());
  }

  @Test
  void keyForTheChatOpensTheConnectorAlone() throws Exception {
    signIn(Duration.ZERO);
    Response made = make("client=claude-ai&once=1");
    Matcher key = KEY.matcher(made.text());
    assertThat(key.find()).isTrue();
    assertThat(keyring.find(key.group()).orElseThrow().doors()).containsExactly(Door.MCP);
    assertThat(made.text()).contains(URL + "/mcp/" + key.group());
  }

  @Test
  void settingsForTheDesktopAreThoseOfTheProductPage() {
    Snippets product = new Snippets("https://run-space.com", null, Snippets.Choice.PUBLISHED);
    assertThat(product.of(Snippets.Client.CLAUDE_DESKTOP).text())
        .contains(
            """
            {
              "mcpServers": {
                "runspace": {
                  "command": "node",
                  "args": ["/absolute/path/to/runspace-mcp/index.js"],
                  "env": { "RUNSPACE_KEY": "rsk_live_..." }
                }
              }
            }
            """
                .strip());
    assertThat(product.of(Snippets.Client.CLAUDE_AI).text())
        .contains("https://run-space.com/mcp\n", "https://run-space.com/mcp/rsk_live_YOURKEY");
  }

  @Test
  void formsThatDoNotFitMakeNoKey() throws Exception {
    signIn(Duration.ZERO);
    assertThat(make("client=%3Cscript%3E").status()).isEqualTo(422);
    assertThat(make("").status()).isEqualTo(422);
    Request foreign =
        Request.of("POST", "/connect/key")
            .header("origin", "https://other.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes.of("client=curl"));
    assertThat(call(foreign).status()).isEqualTo(403);
    signIn(Duration.ofMinutes(16));
    assertThat(call(Request.get("/connect")).text()).contains("data-confirm=\"make a key\"");
    Response stale = make("client=curl&once=2");
    assertThat(stale.status()).isEqualTo(403);
    assertThat(stale.text()).contains("sign once more", "data-confirm=\"make a key\"");
    assertThat(keyring.listAll()).isEmpty();
  }

  @Test
  void textsNameWhatCanBeCalled() {
    Snippets.Choice choice = Snippets.Choice.of(models);
    assertThat(choice.main()).isEqualTo("llama-3.3-70b");
    assertThat(choice.large()).isEqualTo("qwen3-235b");
    Snippets.Choice other = Snippets.Choice.of(List.of(models.get(5), models.get(2)));
    assertThat(other.main()).isEqualTo("gpt-oss-120b");
    assertThat(other.large()).isEqualTo("deepseek-v4");
    Snippets odd =
        new Snippets(URL, null, new Snippets.Choice("a'b\"c", "x", List.of("a'b\"c"), 1));
    assertThat(odd.of(Snippets.Client.CURL).text()).contains("\"model\":\"a'\\''b\\\"c\"");
    assertThat(odd.of(Snippets.Client.PYTHON).text()).contains("model=\"a'b\\\"c\"");
  }
}
