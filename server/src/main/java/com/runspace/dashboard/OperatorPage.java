package com.runspace.dashboard;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.http.Handler;
import com.runspace.journal.Backlog;
import com.runspace.ledger.TurnoverTable;
import com.runspace.ledger.TurnoverTable.Sold;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.models.Route;
import com.runspace.upstream.Providers;
import com.runspace.upstream.RouteState;
import com.runspace.web.Frame;
import com.runspace.web.Shown;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /operator}, for operators' wallets alone: which routes are up, what providers ask for what
 * was used today against what was charged, who used most. Others are told that there is no such
 * page.
 */
public final class OperatorPage {
  private static final int BUSIEST = 10;
  private static final String UNKNOWN = "not known";

  /** What {@code operator.jte} shows. */
  public record View(
      Frame frame,
      Total total,
      List<Line> providers,
      List<Line> accounts,
      List<Way> routes,
      Journal journal,
      List<String> chains) {}

  /** The whole of the day. */
  public record Total(String calls, String charged, String cost, String margin, boolean isLoss) {}

  /** What one provider or account came to. */
  public record Line(String name, String calls, String cost, String charged) {}

  /** What waits for the store. */
  public record Journal(String segments, String waiting, String openCalls, boolean isRefused) {}

  /** A route and how it is. */
  public record Way(String model, String provider, boolean isUp, String words) {}

  private final Desk desk;
  private final Catalogue catalogue;
  private final Providers providers;
  private final TurnoverTable turnovers;
  private final Supplier<Backlog> backlogs;
  private final Supplier<List<String>> chains;

  /**
   * Makes the page.
   *
   * @param backlogs what the store does not have yet
   * @param chains how each chain is doing, in words
   */
  public OperatorPage(
      Desk desk,
      Catalogue catalogue,
      Providers providers,
      TurnoverTable turnovers,
      Supplier<Backlog> backlogs,
      Supplier<List<String>> chains) {
    this.desk = desk;
    this.catalogue = catalogue;
    this.providers = providers;
    this.turnovers = turnovers;
    this.backlogs = backlogs;
    this.chains = chains;
  }

  /** {@code GET /operator}. */
  public Handler show() {
    return desk.page(visit ->
        visit.viewer().isOperator()
            ? desk.html(200, "operator.jte", view(visit))
            : desk.missing(visit, "There is no such page."));
  }

  private View view(Desk.Visit visit) throws SQLException {
    Day day = Day.ofEpochMillis(visit.now().toEpochMilli());
    Map<String, Sum> sums = new TreeMap<>();
    Sum whole = new Sum();
    for (Sold each : turnovers.sold(day)) {
      Nanos cost = wholesale(each);
      sums.computeIfAbsent(each.provider(), _ -> new Sum()).add(each, cost);
      whole.add(each, cost);
    }
    Backlog backlog = backlogs.get();
    List<Line> accounts = new ArrayList<>();
    for (TurnoverTable.Account each : turnovers.busiest(day, BUSIEST)) {
      String charged = Shown.money(each.charge());
      accounts.add(new Line(each.name(), Shown.count(each.calls()), "", charged));
    }
    List<Line> lines = new ArrayList<>();
    sums.forEach((provider, sum) ->
        lines.add(
            new Line(
                provider.isEmpty() ? "none" : provider,
                Shown.count(sum.calls),
                sum.isKnown ? Shown.money(sum.cost) : UNKNOWN,
                Shown.money(sum.charge))));
    return new View(
        desk.frame(visit, "Operator", "/operator"),
        whole.total(),
        lines,
        accounts,
        routes(),
        new Journal(
            Shown.count(backlog.segments()),
            Shown.count(Math.ceilDiv(backlog.waitingBytes(), 1024L)),
            Shown.count(backlog.openCalls()),
            backlog.isRefused()),
        chains.get());
  }

  /** What the provider asks for it by the settings of today; null when they do not say. */
  private @Nullable Nanos wholesale(Sold sold) {
    if (sold.uncached() + sold.cached() + sold.output() == 0) {
      return Nanos.ZERO;
    }
    return catalogue.find(sold.model()).stream()
        .flatMap(model -> model.routes().stream())
        .filter(route -> route.provider().equals(sold.provider()))
        .map(Route::wholesale)
        .filter(Objects::nonNull)
        .map(price -> price.of(sold.uncached(), sold.cached(), sold.output()))
        .findFirst()
        .orElse(null);
  }

  /** Calls, cost and charge put together. */
  private static final class Sum {
    private long calls;
    private Nanos cost = Nanos.ZERO;
    private Nanos charge = Nanos.ZERO;
    private boolean isKnown = true;

    void add(Sold sold, @Nullable Nanos wholesale) {
      calls += sold.calls();
      charge = charge.plus(sold.charge());
      cost = wholesale == null ? cost : cost.plus(wholesale);
      isKnown &= wholesale != null;
    }

    Total total() {
      Nanos margin = charge.minus(cost);
      boolean isLoss = isKnown && margin.isNegative();
      String shown = Shown.money(isLoss ? cost.minus(charge) : margin);
      return new Total(
          Shown.count(calls),
          Shown.money(charge),
          isKnown ? Shown.money(cost) : UNKNOWN,
          isKnown ? (isLoss ? "-" : "") + shown : UNKNOWN,
          isLoss);
    }
  }

  private List<Way> routes() {
    List<Way> ways = new ArrayList<>();
    for (Model model : catalogue.list()) {
      for (Route route : model.routes()) {
        RouteState state = providers.state(route);
        boolean isUp = state.kind() == RouteState.Kind.UP;
        String words = isUp ? "up" : state.why();
        ways.add(new Way(model.id(), route.provider(), isUp, words));
      }
    }
    return ways;
  }
}
