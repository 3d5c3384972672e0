package com.runspace.dashboard;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.http.Handler;
import com.runspace.ledger.TurnoverTable;
import com.runspace.ledger.TurnoverTable.Turnover;
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
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * {@code /operator}, for operators' wallets alone: which routes are up, what providers cost today
 * against what was charged, who used most. Others are told that there is no such page.
 */
public final class OperatorPage {
  private static final int BUSIEST = 10;

  /** What {@code operator.jte} shows. */
  public record View(
      Frame frame,
      Total total,
      List<Line> providers,
      List<Line> accounts,
      List<Way> routes,
      List<String> chains) {}

  /** The whole of the day. */
  public record Total(String calls, String charged, String cost, String margin, boolean isLoss) {}

  /** What one provider or account came to. */
  public record Line(String name, String calls, String cost, String charged) {}

  /** A route and how it is. */
  public record Way(String model, String provider, boolean isUp, String words) {}

  private final Desk desk;
  private final Catalogue catalogue;
  private final Providers providers;
  private final TurnoverTable turnovers;
  private final Predicate<AccountId> operators;
  private final Supplier<List<String>> chains;

  /**
   * Makes the page.
   *
   * @param chains how each chain is doing, in words
   */
  public OperatorPage(
      Desk desk,
      Catalogue catalogue,
      Providers providers,
      TurnoverTable turnovers,
      Predicate<AccountId> operators,
      Supplier<List<String>> chains) {
    this.desk = desk;
    this.catalogue = catalogue;
    this.providers = providers;
    this.turnovers = turnovers;
    this.operators = operators;
    this.chains = chains;
  }

  /** {@code GET /operator}. */
  public Handler show() {
    return desk.page(visit ->
        operators.test(visit.account())
            ? desk.html(200, "operator.jte", view(visit))
            : desk.missing(visit, "There is no such page."));
  }

  private View view(Desk.Visit visit) throws SQLException {
    Day day = Day.ofEpochMillis(visit.now().toEpochMilli());
    List<Turnover> sold = turnovers.byProvider(day);
    Nanos cost = Nanos.ZERO;
    Nanos charged = Nanos.ZERO;
    long calls = 0;
    for (Turnover each : sold) {
      cost = cost.plus(each.cost());
      charged = charged.plus(each.charge());
      calls += each.calls();
    }
    Nanos margin = charged.minus(cost);
    Total total =
        new Total(
            Shown.count(calls),
            charged.toString(),
            cost.toString(),
            margin.isNegative() ? "-" + Nanos.ZERO.minus(margin) : margin.toString(),
            margin.isNegative());
    List<Line> accounts = turnovers.busiest(day, BUSIEST).stream().map(this::line).toList();
    return new View(
        desk.frame(visit, "Operator", "/operator"),
        total,
        sold.stream().map(this::line).toList(),
        accounts,
        routes(),
        chains.get());
  }

  private Line line(Turnover each) {
    return new Line(
        each.name().isEmpty() ? "none" : each.name(),
        Shown.count(each.calls()),
        each.cost().toString(),
        each.charge().toString());
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
