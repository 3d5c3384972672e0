package com.runspace.dashboard;

import com.runspace.base.Nanos;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.models.Catalogue;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.upstream.Providers;
import com.runspace.upstream.RouteState;
import com.runspace.web.Frame;
import com.runspace.web.Pages;
import com.runspace.web.Shown;
import com.runspace.web.Viewer;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /models}: what is sold here, at which price, and whether it can be called now; for
 * everybody. Answers from memory.
 */
public final class ModelsPage implements Handler {
  /** Whether calls of a model would go anywhere. */
  public enum State {
    UP("Up", "good"),
    UNVERIFIED("Not checked yet", ""),
    DOWN("Down", "bad");

    private final String words;
    private final String kind;

    State(String words, String kind) {
      this.words = words;
      this.kind = kind;
    }

    /** For people. */
    public String words() {
      return words;
    }

    /** The class of its tag. */
    public String kind() {
      return kind;
    }
  }

  /**
   * A model as it is shown; prices are dollars per million tokens.
   *
   * @param weights where they are published; empty when that is no address
   */
  public record Line(
      String id,
      String name,
      State state,
      String takes,
      String window,
      String answer,
      String input,
      String cached,
      String output,
      String licence,
      String weights) {}

  /** What {@code models.jte} shows. */
  public record View(Frame frame, List<Line> models, String baseUrl) {}

  private final Catalogue catalogue;
  private final Providers providers;
  private final Pages pages;
  private final Function<Exchange, @Nullable Viewer> viewers;
  private final String publicUrl;

  /**
   * Shows this catalogue.
   *
   * @param viewers who looks, null when nobody is signed in; never blocks
   * @param publicUrl where people reach the service, without a slash at its end
   */
  public ModelsPage(
      Catalogue catalogue,
      Providers providers,
      Pages pages,
      Function<Exchange, @Nullable Viewer> viewers,
      String publicUrl) {
    this.catalogue = catalogue;
    this.providers = providers;
    this.pages = pages;
    this.viewers = viewers;
    this.publicUrl = publicUrl;
  }

  @Override
  public void handle(Exchange exchange) {
    Frame frame = pages.frame("Models", "/models", viewers.apply(exchange));
    List<Line> lines = catalogue.list().stream().map(this::line).toList();
    pages.show(exchange, 200, "models.jte", new View(frame, lines, publicUrl + "/v1"));
  }

  private Line line(Model model) {
    String weights = model.card().weights();
    return new Line(
        model.id(),
        model.card().name(),
        state(model),
        model.inputs().stream().sorted().map(Modality::id).collect(Collectors.joining(", ")),
        Shown.count(model.window()),
        Shown.count(model.outputMax()),
        price(model.price().input()),
        price(model.price().cached()),
        price(model.price().output()),
        model.card().licence(),
        weights.startsWith("https://") ? weights : "");
  }

  private State state(Model model) {
    if (providers.isUp(model)) {
      return State.UP;
    }
    boolean unverified =
        model.routes().stream()
            .anyMatch(route -> providers.state(route).kind() == RouteState.Kind.UNVERIFIED);
    return unverified ? State.UNVERIFIED : State.DOWN;
  }

  /** Exact, since people compare prices; with cents at least. */
  private static String price(long nanosPerMillion) {
    String usd = new Nanos(nanosPerMillion).usd();
    int point = usd.indexOf('.');
    int decimals = point < 0 ? 0 : usd.length() - point - 1;
    return "$" + usd + (point < 0 ? "." : "") + "0".repeat(Math.max(0, 2 - decimals));
  }
}
