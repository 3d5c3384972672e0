package com.runspace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.gate.GateSettings;
import com.runspace.models.Model;
import com.runspace.upstream.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the settings file may say, and what an operator is told of what it may not. */
class SettingsTest {
  @TempDir Path folder = Path.of("");

  private final Map<String, String> environment = Map.of("PROVIDERS_KEY", " sk-123456789012 ");

  private Settings read(String yaml) throws Settings.Invalid {
    return Settings.read(file(yaml), environment::get);
  }

  private Path file(String yaml) {
    try {
      return Files.writeString(folder.resolve("runspace.yaml"), yaml);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Every problem, without the name of the file before it. */
  private List<String> problems(String yaml) {
    Path file = file(yaml);
    Settings.Invalid invalid =
        catchThrowableOfType(Settings.Invalid.class, () -> Settings.read(file, environment::get));
    assertThat(invalid).as("it was taken").isNotNull();
    String prefix = file + ": ";
    assertThat(invalid.problems()).allSatisfy(problem -> assertThat(problem).startsWith(prefix));
    return invalid.problems().stream().map(p -> p.substring(prefix.length())).toList();
  }

  @Test
  void withoutAFileEverythingHasItsDefault() throws Settings.Invalid {
    Settings settings = Settings.read(null, environment::get);
    assertThat(settings.host()).isEqualTo("127.0.0.1");
    assertThat(settings.port()).isZero();
    assertThat(settings.drain()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.local().engine()).isTrue();
    assertThat(settings.local().ollama()).isEqualTo("http://127.0.0.1:11434");
    assertThat(settings.local().allowance()).isEqualTo(new Nanos(50_000_000));
    assertThat(settings.providers()).isEmpty();
    assertThat(settings.models()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing\n", "{}", "---\n"})
  void emptyFileIsAsGoodAsNone(String yaml) throws Settings.Invalid {
    assertThat(read(yaml)).isEqualTo(Settings.read(null, environment::get));
  }

  @Test
  void newKeysAreLimitedWhenTheSettingsSaySo() throws Settings.Invalid {
    assertThat(read("").keys()).isEqualTo(new Settings.Keys(0, 0, 0, null));
    assertThat(read("keys: {requestsPerMinute: 60, concurrent: 4, dailyCap: 0.01}").keys())
        .isEqualTo(new Settings.Keys(60, 0, 4, new Nanos(10_000_000)));
    assertThat(problems("keys: {tokensPerMinute: -1, dailyCap: none}"))
        .containsExactlyInAnyOrder(
            "keys.tokensPerMinute: must be a whole number from 0 to 100000000, not '-1'",
            "keys.dailyCap: must be dollars with at most nine decimals, not 'none'");
    assertThat(Effective.text(read("keys: {dailyCap: 0.01}")))
        .contains("keys.requestsPerMinute: none\n", "keys.dailyCap: 0.01\n");
  }

  @Test
  void everythingCanBeSaid() throws Settings.Invalid {
    Settings settings =
        read(
            """
            server: {host: localhost, port: 9000, eventLoops: 3, drain: 5m, transport: nio}
            local: {engine: off, ollama: off, parallel: 2, allowance: 1.5}
            providers:
              a:
                url: https://api.example.com/v1/
                key: ${PROVIDERS_KEY}
                limitField: max_completion_tokens
                remove: [seed]
                timeouts: {connect: 1s, firstByte: 2m, betweenBytes: 500ms, call: 1h}
            models:
              - id: m
                weights: here
                licence: MIT
                window: 1000
                maxOutput: 100
                reasoning: true
                templateTokens: 9
                bytesPerToken: 3.5
                price: {input: 0.1, cached: 0.05, output: 0.000000001}
                routes: [{provider: a, model: theirs, repairs: [role, tool-index]}]
            """);
    assertThat(settings.port()).isEqualTo(9000);
    assertThat(settings.eventLoops()).isEqualTo(3);
    assertThat(settings.drain()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.nioAllowed()).isTrue();
    assertThat(settings.local().engine()).isFalse();
    assertThat(settings.local().ollama()).isEqualTo("off");
    assertThat(settings.local().allowance()).isEqualTo(new Nanos(1_500_000_000));
    Provider provider = settings.providers().getFirst();
    assertThat(provider.url()).hasToString("https://api.example.com/v1");
    assertThat(revealed(provider.key())).isEqualTo("sk-123456789012");
    assertThat(provider.removed()).contains("seed", "service_tier");
    assertThat(provider.timeouts().betweenBytes()).isEqualTo(Duration.ofMillis(500));
    Model model = settings.models().getFirst();
    assertThat(model.price().input()).isEqualTo(100_000_000);
    assertThat(model.price().cached()).isEqualTo(50_000_000);
    assertThat(model.price().output()).isEqualTo(1);
    assertThat(model.routes().getFirst().repairs()).containsExactly("role", "tool-index");
    assertThat(model.card().name()).isEqualTo("m");
  }

  private static String revealed(@Nullable Secret secret) {
    return secret == null ? "" : secret.reveal();
  }

  @Test
  void allProblemsAreToldAtOnceEachWithItsPlace() {
    assertThat(
            problems(
                """
                server: {port: 70000, drian: 5s, eventLoops: many}
                local: {allowance: 0.0000000001, engine: maybe}
                providers:
                  a: {url: "ftp://x/v1", limitField: limit}
                  b: {url: "http://x/v1", key: sk-in-the-file, timeouts: {connect: soon}}
                models:
                  - {id: m, weights: w, licence: l, price: {input: 1, output: -1},
                     routes: [{provider: c, model: x}]}
                extra: 1
                """))
        .anySatisfy(p -> assertThat(p).startsWith("server.port: ").contains("70000"))
        .anySatisfy(p -> assertThat(p).startsWith("server.drian: unknown setting"))
        .anySatisfy(p -> assertThat(p).startsWith("server.eventLoops: ").contains("many"))
        .anySatisfy(p -> assertThat(p).startsWith("local.allowance: "))
        .anySatisfy(p -> assertThat(p).startsWith("local.engine: "))
        .anySatisfy(p -> assertThat(p).startsWith("providers.a.url: "))
        .anySatisfy(p -> assertThat(p).startsWith("providers.a.limitField: "))
        .anySatisfy(p -> assertThat(p).startsWith("providers.b.key: "))
        .anySatisfy(p -> assertThat(p).startsWith("providers.b.timeouts.connect: "))
        .anySatisfy(p -> assertThat(p).startsWith("models[0].price.output: "))
        .anySatisfy(p -> assertThat(p).startsWith("models[0].routes[0].provider: "))
        .anySatisfy(p -> assertThat(p).startsWith("extra: unknown setting"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "server: 7|server: must be a block of settings",
        "models: {}|models: must be a list",
        "[1, 2]|: must be a block of settings",
        "server: {host: [a]}|server.host: must be a text",
        "server: {drain: 0.5s}|server.drain: must be a time like 500ms, 30s, 5m or 1h",
        "models: [{}]|models[0].id: is missing",
        "models: [7]|models[0]: must be a block of settings",
        "server: {port: 80.5}|server.port: must be a whole number",
        "local: {allowance: -1}|local.allowance: must be dollars",
        "local: {allowance: much}|local.allowance: must be dollars",
        "providers: {a: {url: 'http://x y'}}|providers.a.url: ",
        "providers: {a: {}}|providers.a.url: ",
        "models: [{routes: [{repairs: [x]}]}]|models[0].routes[0].repairs: 'x' is no repair",
        "providers: {a: {url: 'http://x', key: '${NOT_SET}'}}|providers.a.key: the environment",
        "providers: {a: {url: 'http://x', timeouts: {call: 0s}}}|providers.a",
      })
  void mistakes(String yaml, String problem) {
    assertThat(problems(yaml)).anySatisfy(told -> assertThat(told).startsWith(problem));
  }

  @Test
  void secretInTheFileIsNotRepeated() {
    assertThat(problems("providers: {a: {url: 'http://x', key: sk-in-the-file}}"))
        .noneMatch(problem -> problem.contains("sk-in-the-file"));
  }

  @Test
  void sameModelTwice() {
    String model =
        "{id: m, weights: w, licence: l, price: {input: 1, output: 1},"
            + " routes: [{provider: a, model: x}]}";
    assertThat(
            problems("providers: {a: {url: 'http://x'}}\nmodels: [" + model + ", " + model + "]"))
        .containsExactly("models[1].id: 'm' is there twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: [", "\tserver: {}", "a: 1\na: 2", "a: *b", "%", "a: b: c"})
  void whatIsNoYamlIsOneLine(String yaml) {
    List<String> problems = problems(yaml);
    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst()).startsWith("is not YAML: ").doesNotContain("\n");
  }

  @Test
  void fileThatCannotBeRead() {
    Path missing = folder.resolve("missing.yaml");
    Settings.Invalid invalid =
        catchThrowableOfType(
            Settings.Invalid.class, () -> Settings.read(missing, environment::get));
    assertThat(invalid.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem).startsWith(missing + ": cannot be read"));
  }

  @Test
  void effectiveSettingsHideSecrets() throws Settings.Invalid {
    Settings settings = read("providers: {a: {url: 'http://x/v1', key: '${PROVIDERS_KEY}'}}");
    assertThat(Effective.text(settings))
        .contains("providers.a.url: http://x/v1")
        .contains("providers.a.key: …9012")
        .doesNotContain("sk-123");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://run-space.example",
        "http://127.evil.example",
        "https://run-space.example/api",
        "https://user@run-space.example",
        "https://run-space.example?x=1",
        "ftp://run-space.example",
        "run-space.example",
        "https://",
        "https://a b",
      })
  void addressThatPeopleCannotTrustIsRefused(String url) {
    List<String> problems = problems("server: {publicUrl: \"" + url + "\"}\n");
    assertThat(problems).singleElement().asString().startsWith("server.publicUrl: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://Run-Space.example:8443", "http://localhost:8080", "http://[::1]:80"})
  void publicAddressIsKeptInSmallLetters(String url) throws Settings.Invalid {
    assertThat(read("server: {publicUrl: \"" + url + "\"}\n").edge().publicUrl())
        .hasToString(url.toLowerCase(Locale.ROOT));
  }

  private static final String TOKEN =
      "name: RUN, chain: 'eip155:1', address: '0x4200000000000000000000000000000000000006', ";

  private static final String TIERS = "tiers: [{name: a, holds: 10, allowance: 1}]";

  @Test
  void tokensMakeAGate() throws Settings.Invalid {
    String token = TOKEN + "decimals: 6, rpc: ['${PROVIDERS_KEY}', 'http://127.0.0.1:8545'], ";
    Access access = read("gate: {tokens: [{" + token + TIERS + "}]}\n").access();
    GateSettings gate = ((Access.Gated) access).settings();
    GateSettings.Token found = gate.tokens().getFirst();
    assertThat(found.rpc()).hasSize(2);
    assertThat(found.tiers().getFirst().holds()).isEqualTo(10_000_000);
    assertThat(found.window()).isEqualTo(Duration.ofDays(1));
    assertThat(read("gate: open\n").access().isGuarded()).isTrue();
    assertThat(read("").access().isGuarded()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gate: shut|gate: must be the word open",
        "gate: {}|gate: gate.tokens must name at least one token",
        "gate: {tokens: [{TOKEN TIERS}]}|gate: gate token 'RUN' needs",
        "gate: {tokens: [{TOKEN TIERS, rpc: ['https://x.example/key']}]}|gate.tokens[0].rpc: ",
        "gate: {tokens: [{name: RUN, address: '0x12'}]}|gate.tokens[0].address: ",
        "gate: {tokens: [{TOKEN tiers: [{name: a, holds: x}]}]}|gate.tokens[0].tiers[0].holds: ",
      })
  void gateThatCannotBe(String yaml, String problem) {
    String whole = yaml.replace("TOKEN", TOKEN).replace("TIERS", TIERS);
    assertThat(problems(whole)).anySatisfy(told -> assertThat(told).startsWith(problem));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://auth.example.com",
        "https://auth.example.com/oauth/",
        "https://auth.example.com/other",
        "https://Auth.example.com/oauth",
        "https://user@auth.example.com/oauth",
        "http://auth.example.com/oauth",
        "auth.example.com/oauth"
      })
  void anIssuerIsAnExactAddress(String url) {
    assertThat(problems("oauth: {issuer: \"" + url + "\"}\n"))
        .singleElement()
        .asString()
        .startsWith("oauth.issuer: ");
  }

  @Test
  void anIssuerMayHaveAHostOfItsOwnAndAppsAddressesOfTheirOwn() throws Settings.Invalid {
    String yaml = "oauth: {issuer: \"https://auth.example.com/oauth\", redirects: [\"app://x/y\"]}";
    Settings.OAuth oauth = read(yaml).oauth();
    assertThat(oauth.issuer()).hasToString("https://auth.example.com/oauth");
    assertThat(oauth.redirects()).containsExactly("app://x/y");
    assertThat(read("").oauth()).isEqualTo(new Settings.OAuth(null, List.of()));
    assertThat(problems("oauth: {redirects: [\"http://x/y\"]}")).hasSize(1);
  }
}
