package com.runspace.config;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.gate.GateSettings;
import com.runspace.models.Model;
import com.runspace.models.Route;
import com.runspace.upstream.Provider;
import java.net.URI;
import java.util.List;

/** The settings in force, as text, secrets hidden. */
public final class Effective {
  private Effective() {}

  public static String text(Settings settings) {
    StringBuilder out = new StringBuilder(1024);
    line(out, "server.host", settings.host());
    line(out, "server.port", settings.port() == 0 ? "8080 or the next free one" : settings.port());
    line(out, "server.eventLoops", settings.eventLoops());
    line(out, "server.drain", settings.drain().toSeconds() + "s");
    line(out, "server.transport", settings.nioAllowed() ? "nio" : "native");
    edge(out, settings.edge());
    access(out, settings.access());
    Secret store = settings.store();
    line(
        out,
        "store.url",
        store == null ? "a file in the data folder" : store.reveal().replaceAll("\\?.*", ""));
    line(out, "ledger.sync", settings.ledger().syncAlways() ? "always" : "soon");
    line(out, "ledger.keepDays", settings.ledger().keepDays());
    keys(out, settings.keys());
    line(out, "local.engine", settings.local().engine() ? "auto" : "off");
    line(out, "local.parallel", settings.local().parallel());
    line(out, "local.ollama", settings.local().ollama());
    line(out, "local.allowance", settings.local().allowance().usd());
    URI issuer = settings.oauth().issuer();
    line(out, "oauth.issuer", issuer == null ? "/oauth below the public URL" : issuer);
    List<String> redirects = settings.oauth().redirects();
    line(out, "oauth.redirects", redirects.isEmpty() ? "none" : String.join(" ", redirects));
    for (Provider provider : settings.providers()) {
      String at = "providers." + provider.name() + ".";
      line(out, at + "url", provider.url());
      line(out, at + "key", provider.key() == null ? "none" : provider.key());
      line(out, at + "limitField", provider.limitName());
      line(out, at + "remove", String.join(" ", provider.removed()));
      boolean probed = !provider.probe().isZero();
      line(out, at + "probe", probed ? provider.probe().toMillis() + "ms" : "off");
    }
    for (Model model : settings.models()) {
      String at = "models." + model.id() + ".";
      line(out, at + "name", model.card().name());
      line(out, at + "window", model.window());
      line(out, at + "maxOutput", model.outputMax());
      line(out, at + "price.input", new Nanos(model.price().input()).usd());
      line(out, at + "price.cached", new Nanos(model.price().cached()).usd());
      line(out, at + "price.output", new Nanos(model.price().output()).usd());
      for (Route route : model.routes()) {
        line(out, at + "routes", route.provider() + " " + route.model());
      }
    }
    return out.toString();
  }

  private static void keys(StringBuilder out, Settings.Keys keys) {
    Nanos cap = keys.dailyCap();
    line(out, "keys.requestsPerMinute", limit(keys.requestsPerMinute()));
    line(out, "keys.tokensPerMinute", limit(keys.tokensPerMinute()));
    line(out, "keys.concurrent", limit(keys.concurrent()));
    line(out, "keys.dailyCap", cap == null ? "none" : cap.usd());
  }

  private static String limit(long most) {
    return most == 0 ? "none" : Long.toString(most);
  }

  private static void access(StringBuilder out, Access access) {
    switch (access) {
      case Access.Local _ -> line(out, "gate", "none: for the owner of this machine");
      case Access.Open _ -> line(out, "gate", "open");
      case Access.Gated(GateSettings gate) -> gate(out, gate);
    }
  }

  private static void gate(StringBuilder out, GateSettings gate) {
    line(out, "gate.every", gate.every().toMinutes() + "m");
    line(out, "gate.freezeAfter", gate.freezeAfter().toMinutes() + "m");
    line(out, "gate.grace", gate.grace().toMinutes() + "m");
    gate.never().forEach(each -> line(out, "gate.never", each));
    gate.operators().forEach(each -> line(out, "gate.operators", each));
    for (GateSettings.Token token : gate.tokens()) {
      String at = "gate.tokens." + token.name() + ".";
      line(out, at + "chain", token.chain());
      line(out, at + "address", token.address());
      line(out, at + "decimals", token.decimals());
      token.rpc().forEach(url -> line(out, at + "rpc", url));
      line(out, at + "window", token.window().toHours() + "h");
      line(out, at + "contractWallets", token.contractWallets());
      line(out, at + "rebasing", token.rebasing());
      for (GateSettings.Tier tier : token.tiers()) {
        String holds = GateSettings.units(tier.holds(), token.decimals());
        line(out, at + "tiers." + tier.name(), holds + " grants $" + tier.allowance().usd());
      }
    }
  }

  private static void edge(StringBuilder out, Edge edge) {
    line(out, "server.publicUrl", edge.publicUrl() == null ? "as it listens" : edge.publicUrl());
    line(out, "server.tls.certificate", edge.tls() == null ? "none" : edge.tls().certificate());
    line(out, "server.tls.key", edge.tls() == null ? "none" : edge.tls().key());
    line(out, "server.trustedProxies", edge.proxies());
    line(out, "admin.host", edge.admin().host());
    line(out, "admin.port", edge.admin().isOn() ? edge.admin().port() : "off");
    line(out, "log.format", edge.log().json() ? "json" : "plain");
    line(out, "log.level", edge.log().level());
    line(out, "log.calls", edge.log().calls());
  }

  private static void line(StringBuilder out, String name, Object value) {
    out.append(name).append(": ").append(value).append('\n');
  }
}
