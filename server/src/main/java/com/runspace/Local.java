package com.runspace;

import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.models.Card;
import com.runspace.models.Catalogue;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.models.Route;
import com.runspace.upstream.LocalEngine;
import com.runspace.upstream.Ollama;
import com.runspace.upstream.Provider;
import com.runspace.upstream.Providers;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Models of this machine: the engine that comes with RunSpace, and an Ollama if one runs. Both are
 * providers like any other; only here is it known where they come from.
 */
final class Local implements AutoCloseable {
  private static final String ENGINE = "local-engine";
  private static final String OLLAMA = "ollama";
  private static final long OLLAMA_WINDOW = 32_768;
  private static final int WINDOW = 4_096;
  private static final long OUTPUT_MAX = 2_048;
  private static final double BYTES_PER_TOKEN = 4;

  /** What an Ollama model takes is not in its list; the ones that see nothing say so themselves. */
  private static final Set<Modality> SEES = Set.of(Modality.IMAGE);

  private final Settings.Local settings;
  private final Catalogue catalogue;
  private final Providers providers;
  private final CompletableFuture<String> outcome = new CompletableFuture<>();
  private Set<String> ollamaModels = Set.of();
  private @Nullable String engineModel;
  private @Nullable LocalEngine engine;

  Local(Settings.Local settings, Catalogue catalogue, Providers providers) {
    this.settings = settings;
    this.catalogue = catalogue;
    this.providers = providers;
  }

  /** Starts the engine in the background. */
  void startEngine(Path jar, Path model, Time time) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    engine =
        LocalEngine.start(
            new LocalEngine.Command(java, jar, model, settings.parallel(), WINDOW),
            time,
            new LocalEngine.Listener() {
              @Override
              public void up(URI url, String id) {
                engineUp(url, id);
              }

              @Override
              public void down(String reason, boolean forGood) {
                engineDown(reason, forGood);
              }
            });
  }

  /** Completes once: with "" when the engine first answers, or with why it does not. */
  CompletableFuture<String> outcome() {
    return outcome;
  }

  private synchronized void engineUp(URI url, String id) {
    engineModel = id;
    providers.put(Provider.of(ENGINE, url));
    catalogue.put(model(id, id + " (local engine)", WINDOW, ENGINE, Set.of()));
    outcome.complete("");
  }

  private synchronized void engineDown(String reason, boolean forGood) {
    providers.takeOut(ENGINE, reason);
    // While it is being started again callers are told to come back, not that it never was.
    if (engineModel != null && forGood) {
      catalogue.remove(engineModel);
    }
    outcome.complete(reason);
  }

  /** Looks for an Ollama, now and every half minute. */
  void watchOllama(Vertx vertx) {
    URI url = URI.create(settings.ollama());
    providers.put(Provider.of(OLLAMA, url.resolve("/v1")));
    Ollama.watch(vertx, url, this::ollamaHas);
  }

  private synchronized void ollamaHas(Set<String> names) {
    Set<String> fresh = new TreeSet<>(names);
    for (String gone : ollamaModels) {
      if (!fresh.contains(gone)) {
        catalogue.remove(gone);
      }
    }
    // A model of the operator's catalogue keeps its id.
    fresh.removeIf(name -> !ollamaModels.contains(name) && catalogue.find(name).isPresent());
    for (String name : fresh) {
      if (!ollamaModels.contains(name)) {
        catalogue.put(model(name, name + " (Ollama)", OLLAMA_WINDOW, OLLAMA, SEES));
      }
    }
    ollamaModels = fresh;
  }

  private Model model(String id, String name, long window, String provider, Set<Modality> inputs) {
    return new Model(
        id,
        new Card(name, "this machine", "as its weights", 0, List.of()),
        window,
        OUTPUT_MAX,
        false,
        new Model.Tokens(64, BYTES_PER_TOKEN, 0),
        inputs,
        settings.price(),
        List.of(new Route(provider, id)));
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
  }
}
