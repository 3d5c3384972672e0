package com.runspace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.runspace.models.Catalogue;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The models and presets that ship, and what an operator makes of them. */
class CatalogueTest {
  @TempDir Path folder = Path.of("");

  private Settings read(String yaml) throws Settings.Invalid {
    return Settings.read(file(yaml), _ -> "sk-of-a-test");
  }

  private Path file(String yaml) {
    try {
      return Files.writeString(folder.resolve("runspace.yaml"), yaml);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Settings withAllProviders() throws Settings.Invalid {
    StringBuilder yaml = new StringBuilder("providers:\n");
    Shipped.presets().keySet().forEach(name -> yaml.append("  ").append(name).append(": {}\n"));
    return read(yaml.toString());
  }

  private static Model find(Settings settings, String name) {
    return new Catalogue(settings.models()).find(name).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "llama-3.3-70b, Llama 3.3 70B Instruct, 131072",
    "qwen3-235b, Qwen3 235B-A22B, 262144",
    "deepseek-v4, DeepSeek V4 Pro, 524288",
    "kimi-k2, Kimi K2.6, 262144",
    "glm-5, GLM-5, 202752",
    "gpt-oss-120b, gpt-oss 120B, 131072",
    "gpt-oss-20b, gpt-oss 20B, 131072",
  })
  void modelOfTheCatalogue(String id, String name, long window) throws Settings.Invalid {
    Model model = find(withAllProviders(), id);
    assertThat(model.card().name()).isEqualTo(name);
    assertThat(model.window()).isEqualTo(window);
    assertThat(model.card().weights()).startsWith("https://huggingface.co/");
    assertThat(model.card().licence()).isNotBlank();
    assertThat(model.card().createdSeconds()).isPositive();
    assertThat(model.card().aliases()).isNotEmpty();
    assertThat(model.outputMax()).isBetween(1L, model.window());
    Set<String> providers = new HashSet<>();
    for (Route route : model.routes()) {
      providers.add(route.provider());
      assertThat(Shipped.presets()).containsKey(route.provider());
      assertThat(route.window()).isPositive();
      Price wholesale = route.wholesale();
      assertThat(wholesale).as("price of " + route).isNotNull();
      assertThat(model.price().input()).isGreaterThan(wholesale == null ? 0 : wholesale.input());
      assertThat(model.price().output()).isGreaterThan(wholesale == null ? 0 : wholesale.output());
    }
    assertThat(providers).hasSizeGreaterThanOrEqualTo(2);
    assertThat(model.inputs().contains(Modality.IMAGE)).isEqualTo(model.tokens().perPart() > 0);
  }

  @Test
  void noAliasNamesTwoModels() throws Settings.Invalid {
    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (Model model : withAllProviders().models()) {
      assertThat(names.add(model.id())).as(model.id()).isTrue();
      Set<String> own = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      own.addAll(model.card().aliases());
      for (String alias : own) {
        assertThat(names.add(alias)).as(alias).isTrue();
      }
    }
  }

  @Test
  void vendorsNamesFindTheModelWhateverTheirCase() throws Settings.Invalid {
    Settings settings = withAllProviders();
    assertThat(find(settings, "META-LLAMA/llama-3.3-70B-instruct").id()).isEqualTo("llama-3.3-70b");
    assertThat(find(settings, "openai/gpt-oss-20b").id()).isEqualTo("gpt-oss-20b");
    assertThat(find(settings, "GLM-5").id()).isEqualTo("glm-5");
  }

  @Test
  void aPresetNeedsNothingButItsName() throws Settings.Invalid {
    Settings settings = read("providers: {groq: {}}\n");
    assertThat(settings.providers().getFirst().url()).hasToString("https://api.groq.com/openai/v1");
    assertThat(settings.providers().getFirst().limitName()).isEqualTo("max_completion_tokens");
    assertThat(settings.providers().getFirst().removed())
        .contains("search_settings", "service_tier");
    assertThat(settings.models().stream().map(Model::id))
        .containsExactly("gpt-oss-120b", "gpt-oss-20b");
    Model small = find(settings, "gpt-oss-20b");
    // 0.075, 0.0375 and 0.30 dollars with 15 % on top.
    assertThat(small.price()).isEqualTo(new Price(86_250_000, 43_125_000, 345_000_000));
    assertThat(small.routes().getFirst().repairs()).containsExactly("reasoning");
  }

  @Test
  void repairOfReasoningIsLeftOutWhereNobodyReasons() throws Settings.Invalid {
    Settings settings = read("providers: {together: {}}\n");
    assertThat(find(settings, "llama-3.3-70b").routes().getFirst().repairs()).isEmpty();
  }

  @Test
  void theDearestRouteSetsThePriceAndTheCheapestIsTriedFirst() throws Settings.Invalid {
    Settings settings =
        read("marginPercent: 10\nproviders: {together: {}, deepinfra: {}, sambanova: {}}\n");
    Model llama = find(settings, "llama-3.3-70b");
    assertThat(llama.price()).isEqualTo(new Price(1_144_000_000, 1_144_000_000, 1_320_000_000));
    assertThat(llama.routes().stream().map(Route::provider))
        .containsExactly("deepinfra", "sambanova", "together");
  }

  @Test
  void anEntryOfTheSameIdChangesOnlyWhatItNames() throws Settings.Invalid {
    Settings settings =
        read(
            """
            providers: {groq: {}, together: {}}
            models:
              - id: gpt-oss-20b
                price: {input: 1, output: 2}
              - id: llama-3.3-70b
                routes: [{provider: local-engine, model: smollm2-135m-instruct}]
            """);
    Model small = find(settings, "gpt-oss-20b");
    assertThat(small.price()).isEqualTo(new Price(1_000_000_000, 1_000_000_000, 2_000_000_000));
    assertThat(small.routes()).hasSize(2);
    assertThat(small.window()).isEqualTo(131_072);
    Model llama = find(settings, "llama-3.3-70b");
    assertThat(llama.routes()).hasSize(1);
    assertThat(llama.price()).as("that of local models").isEqualTo(settings.local().price());
  }

  @Test
  void theCatalogueCanBeLeftOut() throws Settings.Invalid {
    assertThat(read("catalogue: false\nproviders: {groq: {}}\n").models()).isEmpty();
    assertThat(read("server: {port: 1}\n").models()).isEmpty();
  }

  @Test
  void whatIsWrongIsSaid() {
    Path file =
        file(
            """
            marginPercent: -1
            providers:
              groq: {}
              mine: {preset: grok, url: "https://x.example/v1"}
              other: {url: "https://x.example/v1", probe: often, authorities: /nowhere.pem}
            models:
              - {id: glm-5}
              - {id: a, weights: w, licence: l, created: soon, modalities: [smell],
                 routes: [{provider: other, model: a, input: 1}], order: random}
            """);
    Settings.Invalid invalid =
        catchThrowableOfType(Settings.Invalid.class, () -> Settings.read(file, _ -> null));
    List<String> problems =
        invalid.problems().stream().map(p -> p.substring(p.indexOf(": ") + 2)).toList();
    assertThat(problems)
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).startsWith("marginPercent: must be a percentage"),
            p -> assertThat(p).contains("groq.key: the environment variable GROQ_API_KEY is not"),
            p -> assertThat(p).startsWith("providers.mine.preset: there is none of that name"),
            p -> assertThat(p).startsWith("providers.other.probe: must be a time"),
            p -> assertThat(p).startsWith("providers.other.authorities: '/nowhere.pem' cannot"),
            p -> assertThat(p).startsWith("models[0].routes: at least one is needed"),
            p -> assertThat(p).startsWith("models[1].created: must be a day"),
            p -> assertThat(p).startsWith("models[1].modalities: 'smell' is none"),
            p -> assertThat(p).startsWith("models[1].routes[0]: input and output belong together"),
            p -> assertThat(p).startsWith("models[1].order: must be listed or price"));
  }
}
