package com.runspace.dashboard;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Watch;
import com.runspace.chain.Namespace;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.Wallet;
import com.runspace.web.Frame;
import com.runspace.web.Shown;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code /account}: the wallets and the sessions of who is signed in, and how to end them; and
 * {@code /apps}.
 */
public final class AccountPage {
  private static final String SESSIONS = "/account/sessions/";
  private static final String WALLETS = "/account/wallets/";
  private static final String APPS = "/apps/";

  /**
   * What the page shows.
   *
   * @param confirm whether a wallet has to sign before one is unlinked
   */
  public record View(
      Frame frame,
      boolean isLocal,
      String account,
      List<Linked> wallets,
      List<Open> sessions,
      boolean confirm,
      String unlinking,
      String notice,
      String problem) {}

  /** A wallet of the account. */
  public record Linked(String id, String address, String chain, String linked, boolean isCurrent) {}

  /** A session of the account. */
  public record Open(
      String id, String agent, String wallet, String created, String lastSeen, boolean isCurrent) {}

  /** The page of the connected apps. */
  public record Apps(Frame frame, String mcpUrl, List<App> apps, String notice) {}

  /** An app in the list. */
  public record App(
      String id,
      String name,
      String host,
      String since,
      String lastUsed,
      String ends,
      String cap) {}

  /** The apps that people let in, which another room knows. It may block. */
  public interface Connections {
    /** No app can be let in here. */
    Connections NONE =
        new Connections() {
          @Override
          public List<Connected> list(AccountId account) {
            return List.of();
          }

          @Override
          public boolean end(AccountId account, String id) {
            return false;
          }
        };

    /** An app, the newest first. */
    record Connected(
        String id,
        String name,
        String host,
        Instant since,
        @Nullable Instant lastUsed,
        Instant ends,
        @Nullable Nanos cap) {}

    List<Connected> list(AccountId account) throws SQLException;

    /** Ends the access of an app; says whether the account has it. */
    boolean end(AccountId account, String id) throws SQLException;
  }

  private final Desk desk;
  private final Accounts accounts;
  private final Sessions sessions;
  private final Connections connections;
  private final Consumer<Exchange> forget;
  private final String publicUrl;

  /**
   * Makes the pages.
   *
   * @param forget has the browser forget its session, with the answer
   * @param publicUrl where people reach the service, without a slash at its end
   */
  public AccountPage(
      Desk desk,
      Accounts accounts,
      Sessions sessions,
      Connections connections,
      Consumer<Exchange> forget,
      String publicUrl) {
    this.desk = desk;
    this.accounts = accounts;
    this.sessions = sessions;
    this.connections = connections;
    this.forget = forget;
    this.publicUrl = publicUrl;
  }

  /** {@code GET /account}. */
  public Handler show() {
    return desk.page(visit -> page(visit, 200, "", notice(visit.query().text("done")), ""));
  }

  private static String notice(String done) {
    return switch (done) {
      case "ended" -> "The session has ended.";
      case "unlinked" -> "The wallet is unlinked. What it holds does not count for you any more.";
      case "linked" -> "The wallet is linked.";
      default -> "";
    };
  }

  /** {@code GET /apps}. */
  public Handler apps() {
    return desk.page(visit -> {
      List<App> apps =
          connections.list(visit.account()).stream().map(each -> app(each, visit.now())).toList();
      String notice =
          visit.query().text("done").equals("ended")
              ? "Its access is taken away. Calls that it ran were ended."
              : "";
      Frame frame = desk.frame(visit, "Apps", "/apps");
      return desk.html(200, "apps.jte", new Apps(frame, publicUrl + "/mcp", apps, notice));
    });
  }

  private static App app(Connections.Connected app, Instant now) {
    Instant used = app.lastUsed();
    Nanos cap = app.cap();
    return new App(
        app.id(),
        app.name(),
        app.host(),
        Shown.date(app.since()),
        used == null ? "Never" : Shown.ago(used, now),
        Shown.date(app.ends()),
        cap == null ? "Your allowance" : Shown.money(cap) + " a day");
  }

  /** {@code POST /apps/ID/end}. */
  public Handler endApp(Watch watch) {
    return desk.form(
        watch,
        visit ->
            connections.end(visit.account(), idIn(visit.path(), APPS, "/end"))
                ? new Desk.Reply.To("/apps?done=ended")
                : desk.missing(visit, "You have no such app; it may have ended already."));
  }

  /** {@code POST /account/sign-out}. */
  public Handler signOut(Watch watch) {
    return leaving(
        watch,
        visit -> {
          sessions.end(visit.account(), visit.session().id());
          return new Desk.Reply.To("/");
        });
  }

  /** {@code POST /account/sign-out-everywhere}. */
  public Handler signOutEverywhere(Watch watch) {
    return leaving(
        watch,
        visit -> {
          sessions.endAll(visit.account());
          return new Desk.Reply.To("/");
        });
  }

  /** The cookie is dropped with an answer that ended its session, and with no other. */
  private Handler leaving(Watch watch, Desk.Work work) {
    return desk.form(watch, work, forget);
  }

  /** {@code POST /account/sessions/ID/end}. */
  public Handler endSession(Watch watch) {
    return desk.form(
        watch,
        visit -> {
          String id = idIn(visit.path(), SESSIONS, "/end");
          return sessions.end(visit.account(), id)
              ? new Desk.Reply.To("/account?done=ended")
              : desk.missing(visit, "You have no such session; it may have ended already.");
        });
  }

  /** {@code POST /account/wallets/ID/unlink}. */
  public Handler unlink(Watch watch) {
    return desk.form(
        watch,
        visit -> {
          String id = idIn(visit.path(), WALLETS, "/unlink");
          if (accounts.wallets(visit.account()).stream().noneMatch(w -> w.id().equals(id))) {
            return desk.missing(visit, "You have no such wallet.");
          }
          if (!visit.isConfirmed()) {
            return page(
                visit, 403, id, "", "Unlinking needs a fresh signature of one of your wallets.");
          }
          return switch (accounts.unlink(visit.account(), id)) {
            case DONE -> new Desk.Reply.To("/account?done=unlinked");
            case UNKNOWN -> desk.missing(visit, "You have no such wallet.");
            case LAST ->
                page(
                    visit,
                    409,
                    "",
                    "",
                    "The last wallet cannot be unlinked: nobody could sign in.");
          };
        });
  }

  private static String idIn(String path, String before, String after) {
    boolean fits = path.startsWith(before) && path.endsWith(after);
    int end = path.length() - after.length();
    return fits && end > before.length() ? path.substring(before.length(), end) : "";
  }

  private Desk.Reply page(
      Desk.Visit visit, int status, String unlinking, String notice, String problem)
      throws SQLException {
    Session here = visit.session();
    List<Linked> wallets =
        accounts.wallets(visit.account()).stream()
            .sorted(Comparator.comparing(Wallet::linked))
            .map(wallet -> linked(wallet, here))
            .toList();
    List<Open> sessions =
        this.sessions.list(visit.account()).stream()
            .sorted(Comparator.comparing(Session::lastSeen).reversed())
            .map(session -> open(session, visit))
            .toList();
    View view =
        new View(
            desk.frame(visit, "Account", "/account"),
            desk.isLocal(),
            visit.account().value(),
            wallets,
            sessions,
            !visit.isConfirmed(),
            unlinking,
            notice,
            problem);
    return desk.html(status, "account.jte", view);
  }

  private static Linked linked(Wallet wallet, Session here) {
    boolean isEvm = wallet.address().namespace() == Namespace.EIP155;
    String shown = wallet.address().shown();
    String chain =
        wallet.chain().isEmpty()
            ? isEvm ? "Every EVM chain" : "Solana"
            : "Contract on " + OverviewPage.chainName(wallet.chain());
    return new Linked(
        wallet.id(), shown, chain, Shown.date(wallet.linked()), shown.equals(here.wallet()));
  }

  private static Open open(Session session, Desk.Visit visit) {
    return new Open(
        session.id(),
        browser(session.agent()),
        session.wallet(),
        Shown.moment(session.created()),
        Shown.ago(session.lastSeen(), visit.now()),
        session.id().equals(visit.session().id()));
  }

  /** What a browser calls itself, in the words of its user: {@code Firefox on Windows}. */
  static String browser(String agent) {
    Map<String, String> names =
        Map.of("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "CriOS/", "Chrome");
    String name =
        names.entrySet().stream()
            .filter(each -> agent.contains(each.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseGet(() ->
                agent.contains("Chrome/")
                    ? "Chrome"
                    : agent.contains("Safari/") ? "Safari" : "A program");
    String system = "";
    for (String each : List.of("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")) {
      if (system.isEmpty() && agent.contains(each)) {
        system = " on " + (each.equals("Mac OS") ? "macOS" : each);
      }
    }
    return name + system;
  }
}
