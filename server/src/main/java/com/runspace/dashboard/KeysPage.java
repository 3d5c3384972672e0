package com.runspace.dashboard;

import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Watch;
import com.runspace.http.Handler;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKey;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.Spender;
import com.runspace.ledger.Standing;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.web.Frame;
import com.runspace.web.OneTimeForms;
import com.runspace.web.Shown;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code /keys}: makes keys, lists them, and, below it, one page for each with what ends or
 * replaces it. A key of somebody else is not there, like one that never was.
 */
public final class KeysPage {
  private static final String PATH = "/keys/";
  static final String FULL =
      "You have " + StoredKeyring.LIVE_MAX + " keys. Revoke one that you do not need first.";

  /** How long a replaced key may live on. */
  private static final Map<String, Duration> OVERLAPS =
      Map.of(
          "0", Duration.ZERO,
          "1h", Duration.ofHours(1),
          "24h", Duration.ofDays(1),
          "7d", Duration.ofDays(7));

  /**
   * The list with the form.
   *
   * @param once names this showing of the form, so that a page loaded twice makes one key
   * @param confirm whether a wallet has to sign before the form is taken
   * @param refused the form was refused because of that
   */
  public record View(
      Frame frame,
      KeyForm form,
      List<String> models,
      String once,
      boolean confirm,
      boolean refused,
      String notice,
      List<Line> live,
      List<Line> ended) {}

  /**
   * A key in the list.
   *
   * @param limits what it may not do, in words
   */
  public record Line(
      String id,
      String name,
      String hint,
      String created,
      String lastUsed,
      List<String> limits,
      boolean isLive,
      boolean isPlayground,
      String ending) {}

  /**
   * A key that was just made.
   *
   * @param secret its text, which is in no other answer
   * @param replaced the name of the key it replaces, and until when that lives; empty for none
   */
  public record Made(
      Frame frame, String name, String secret, String baseUrl, String model, String replaced) {}

  /** One key. */
  public record Detail(
      Frame frame,
      Line key,
      String models,
      String cap,
      String capLeft,
      String requests,
      String tokens,
      String concurrent,
      String usedToday,
      String overlap,
      boolean confirm,
      boolean refused) {}

  private final Desk desk;
  private final StoredKeyring keyring;
  private final Catalogue catalogue;
  private final Function<Spender, Standing> standings;
  private final OneTimeForms forms;
  private final String baseUrl;

  /**
   * Makes the pages.
   *
   * @param standings how a day stands; reads memory only
   * @param publicUrl where people reach the service, without a slash at its end
   */
  public KeysPage(
      Desk desk,
      StoredKeyring keyring,
      Catalogue catalogue,
      Function<Spender, Standing> standings,
      Randomness random,
      String publicUrl) {
    this.desk = desk;
    this.keyring = keyring;
    this.catalogue = catalogue;
    this.standings = standings;
    this.forms = new OneTimeForms(random);
    this.baseUrl = publicUrl + "/v1";
  }

  /** {@code GET /keys}. */
  public Handler list() {
    return desk.page(visit -> {
      String done = visit.query().text("done");
      return listed(visit, 200, KeyForm.EMPTY, false, notice(done));
    });
  }

  private static String notice(String done) {
    return switch (done) {
      case "revoked" -> "The key is revoked. Calls that ran under it were ended.";
      case "again" -> "That key was made already; its text cannot be shown a second time.";
      default -> "";
    };
  }

  /** {@code GET /keys/ID}. */
  public Handler one() {
    return desk.page(visit -> {
      StoredKey key = own(visit, visit.path().substring(PATH.length()));
      return key == null ? missing(visit) : detail(visit, 200, key, "24h", false);
    });
  }

  /** {@code POST /keys}: makes a key and shows it once. */
  public Handler create(Watch watch) {
    return desk.form(watch, this::made);
  }

  /** {@code POST /keys/ID/revoke} and {@code /keys/ID/rotate}. */
  public Handler change(Watch watch) {
    return desk.form(
        watch,
        visit -> {
          String path = visit.path().substring(PATH.length());
          int slash = path.indexOf('/');
          StoredKey key = slash < 0 ? null : own(visit, path.substring(0, slash));
          if (key == null) {
            return missing(visit);
          }
          return switch (path.substring(slash + 1)) {
            case "revoke" -> revoked(key);
            case "rotate" -> rotated(visit, key);
            default -> missing(visit);
          };
        });
  }

  private Desk.Reply missing(Desk.Visit visit) {
    return desk.missing(visit, "You have no such key.");
  }

  /** A key of the visitor; null when there is none, or it is somebody else's. */
  private @Nullable StoredKey own(Desk.Visit visit, String id) throws SQLException {
    return keyring
        .key(id)
        .filter(key -> key.account().equals(visit.account()))
        .filter(key -> key.kind() == StoredKey.Kind.KEY)
        .orElse(null);
  }

  /** The keys of the visitor; those of apps stand with the apps. */
  private List<StoredKey> keys(Desk.Visit visit) throws SQLException {
    return keyring.list(visit.account()).stream()
        .filter(key -> key.kind() == StoredKey.Kind.KEY)
        .toList();
  }

  /** Whether its owner has its text; the playground's credential has none that anybody saw. */
  static boolean isOwn(StoredKey key) {
    return !key.settings().doors().contains(Door.PLAYGROUND);
  }

  private Desk.Reply made(Desk.Visit visit) throws SQLException {
    KeyForm form = KeyForm.of(visit.form(), id -> catalogue.find(id).isPresent());
    if (!form.isFine()) {
      return listed(visit, 422, form, false, "");
    }
    if (!visit.isConfirmed()) {
      return listed(visit, 403, form, true, "");
    }
    if (keyring.isFull(visit.account())) {
      return listed(visit, 422, form.with(Map.of("name", FULL)), false, "");
    }
    if (!forms.spend(visit.account(), visit.form())) {
      return new Desk.Reply.To("/keys?done=again");
    }
    Optional<StoredKeyring.Created> made =
        keyring.createWithin(visit.account(), form.settings(visit.now()));
    return made.isPresent()
        ? shown(visit, made.get(), "")
        : listed(visit, 422, form.with(Map.of("name", FULL)), false, "");
  }

  private Desk.Reply shown(Desk.Visit visit, StoredKeyring.Created created, String replaced) {
    KeySettings settings = created.key().settings();
    String model =
        catalogue.list().stream()
            .map(Model::id)
            .filter(id -> settings.models().isEmpty() || settings.models().contains(id))
            .findFirst()
            .orElse("MODEL");
    Made made =
        new Made(
            desk.frame(visit, "Your new key", "/keys"),
            settings.name(),
            created.secret().reveal(),
            baseUrl,
            model,
            replaced);
    return desk.html(200, "keymade.jte", made);
  }

  private Desk.Reply revoked(StoredKey key) throws SQLException {
    keyring.revoke(key.id());
    return new Desk.Reply.To("/keys?done=revoked");
  }

  private Desk.Reply rotated(Desk.Visit visit, StoredKey key) throws SQLException {
    String choice = visit.form().text("overlap");
    Duration overlap = OVERLAPS.get(choice);
    if (!isOwn(key)) {
      return missing(visit);
    }
    if (overlap == null || !key.isLive(visit.now())) {
      return detail(visit, 422, key, "24h", false);
    }
    if (!visit.isConfirmed()) {
      return detail(visit, 403, key, choice, true);
    }
    if (!forms.spend(visit.account(), visit.form())) {
      return new Desk.Reply.To("/keys?done=again");
    }
    String replaced =
        overlap.isZero()
            ? "The key before it is off now."
            : "The key before it works until " + Shown.moment(visit.now().plus(overlap)) + ".";
    StoredKeyring.Created next = keyring.rotate(key.id(), overlap).orElse(null);
    return next == null ? missing(visit) : shown(visit, next, replaced);
  }

  private Desk.Reply listed(
      Desk.Visit visit, int status, KeyForm form, boolean refused, String notice)
      throws SQLException {
    List<Line> live = new ArrayList<>();
    List<Line> ended = new ArrayList<>();
    for (StoredKey key : keys(visit)) {
      Line line = line(key, visit.now());
      (line.isLive() ? live : ended).add(line);
    }
    View view =
        new View(
            desk.frame(visit, "API keys", "/keys"),
            form,
            catalogue.list().stream().map(Model::id).toList(),
            forms.name(),
            !visit.isConfirmed(),
            refused,
            notice,
            live,
            ended);
    return desk.html(status, "keys.jte", view);
  }

  private static Line line(StoredKey key, Instant now) {
    Instant used = key.lastUsed();
    return new Line(
        key.id(),
        key.settings().name(),
        isOwn(key) ? "rsk_live_…" + key.hint() : "for the chat on this site",
        Shown.date(key.created()),
        used == null ? "Never" : Shown.ago(used, now),
        limits(key.settings()),
        key.isLive(now),
        !isOwn(key),
        ending(key, now));
  }

  private static List<String> limits(KeySettings settings) {
    List<String> words = new ArrayList<>();
    Nanos cap = settings.dailyCap();
    if (cap != null) {
      words.add(Shown.money(cap) + " a day");
    }
    int models = settings.models().size();
    if (models > 0) {
      words.add(models == 1 ? settings.models().iterator().next() : models + " models");
    }
    if (!settings.limits().equals(Limits.NONE)) {
      words.add("Rate limits");
    }
    return words;
  }

  private static String ending(StoredKey key, Instant now) {
    Instant revoked = key.revoked();
    Instant expires = key.settings().expires();
    if (revoked != null) {
      return "Revoked " + Shown.ago(revoked, now);
    }
    if (expires == null) {
      return "";
    }
    return key.isLive(now)
        ? "Expires in " + Shown.span(Duration.between(now, expires))
        : "Expired " + Shown.ago(expires, now);
  }

  private Desk.Reply detail(
      Desk.Visit visit, int status, StoredKey key, String overlap, boolean refused) {
    KeySettings settings = key.settings();
    Standing day = standings.apply(new Spender(visit.account(), key.id(), settings.dailyCap()));
    Nanos cap = day.cap();
    Detail view =
        new Detail(
            desk.frame(visit, settings.name(), "/keys"),
            line(key, visit.now()),
            settings.models().isEmpty()
                ? "All models"
                : String.join(", ", settings.models().stream().sorted().toList()),
            cap == null ? "No cap" : Shown.money(cap) + " a day",
            cap == null ? "" : Shown.money(day.free()) + " left today",
            limit(settings.limits().requestsPerMinute(), " a minute"),
            limit(settings.limits().tokensPerMinute(), " a minute"),
            limit(settings.limits().concurrentCalls(), " at once"),
            Shown.money(day.usedOfKey()),
            overlap,
            !visit.isConfirmed(),
            refused);
    return desk.html(status, "key.jte", view);
  }

  private static String limit(long limit, String unit) {
    return limit == 0 ? "No limit" : Shown.count(limit) + unit;
  }
}
