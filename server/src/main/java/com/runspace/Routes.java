package com.runspace;

import com.runspace.auth.Auth;
import com.runspace.base.Watch;
import com.runspace.dashboard.DocsDoor;
import com.runspace.gateway.Gateway;
import com.runspace.gateway.Refusals;
import com.runspace.http.Fallbacks;
import com.runspace.http.Handler;
import com.runspace.http.Router;
import com.runspace.keys.Door;
import com.runspace.mcp.Desktop;
import com.runspace.mcp.McpEndpoint;
import com.runspace.oauth.OAuth;
import com.runspace.web.StaticFiles;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/** Every path of the service, in one table that a person can review. Nothing else is here. */
final class Routes {
  private Routes() {}

  static Router of(
      Gateway gateway,
      McpEndpoint mcp,
      Handler key,
      @Nullable Handler usage,
      Health health,
      StaticFiles files,
      DocsDoor docs,
      Desktop desktop,
      Fallbacks fallbacks) {
    Router router = new Router(fallbacks);
    if (usage != null) {
      router.on(HttpMethod.GET, "/v1/usage", usage);
    }
    return router
        // Open to all: says nothing but whether.
        .on(HttpMethod.GET, "/healthz", health::alive)
        .on(HttpMethod.GET, "/readyz", health::ready)
        .below(HttpMethod.GET, "/static/", files)
        .on(HttpMethod.GET, "/docs", docs.articles())
        .below(HttpMethod.GET, "/docs/", docs.articles())
        .on(HttpMethod.GET, "/llms.txt", docs.llms())
        .on(HttpMethod.GET, "/openapi.json", docs.openApi())
        .on(HttpMethod.GET, "/runspace.mcpb", desktop.bundle())
        .on(HttpMethod.GET, "/runspace-mcp/index.js", desktop.program())
        // What an API key opens.
        .on(HttpMethod.POST, "/v1/chat/completions", gateway.chat())
        .on(HttpMethod.GET, "/v1/models", gateway.models())
        .below(HttpMethod.GET, "/v1/models/", gateway.models())
        .on(HttpMethod.GET, "/v1/key", key)
        // For Claude: a key as bearer, or in the path.
        .on(HttpMethod.POST, "/mcp", mcp.withBearer())
        .below(HttpMethod.POST, "/mcp/", mcp.withKeyInPath());
  }

  /** What people open in a browser, and what their wallets and scripts call. */
  static void people(Router router, Site site, Auth auth, Members members, Watch watch) {
    router
        .on(HttpMethod.GET, "/", site.home().lead(site.overview().show()))
        .on(HttpMethod.GET, "/sign-in", site.home().lead(site.signIn()))
        .on(HttpMethod.GET, "/keys", site.home().lead(site.keys().list()))
        .below(HttpMethod.GET, "/keys/", site.home().lead(site.keys().one()))
        .on(HttpMethod.POST, "/keys", site.keys().create(watch))
        .below(HttpMethod.POST, "/keys/", site.keys().change(watch))
        .on(HttpMethod.GET, "/usage", site.home().lead(site.usage().show()))
        .on(HttpMethod.GET, "/usage.csv", site.usage().csv())
        .on(HttpMethod.GET, "/models", site.home().lead(site.models()))
        .on(HttpMethod.GET, "/connect", site.home().lead(site.connect().page()))
        .on(HttpMethod.POST, "/connect/key", site.connect().key(watch))
        .on(HttpMethod.GET, "/operator", site.home().lead(site.operator().show()))
        .on(HttpMethod.GET, "/apps", site.home().lead(site.account().apps()))
        .below(HttpMethod.POST, "/apps/", site.account().endApp(watch))
        .on(HttpMethod.GET, "/account", site.home().lead(site.account().show()))
        .on(HttpMethod.POST, "/account/sign-out", site.account().signOut(watch))
        .on(
            HttpMethod.POST,
            "/account/sign-out-everywhere",
            site.account().signOutEverywhere(watch))
        .below(HttpMethod.POST, "/account/sessions/", site.account().endSession(watch))
        .below(HttpMethod.POST, "/account/wallets/", site.account().unlink(watch))
        .on(HttpMethod.POST, "/auth/logout", auth.logout())
        .on(HttpMethod.POST, "/auth/logout-everywhere", auth.logoutEverywhere())
        .on(HttpMethod.POST, "/auth/end-session", auth.endSession())
        .on(HttpMethod.POST, "/auth/unlink", auth.unlink());
    if (members.isGated()) {
      // Without a gate a wallet of one's own would open everything to everybody.
      router
          .on(HttpMethod.POST, "/auth/challenge", auth.challenge())
          .on(HttpMethod.POST, "/auth/verify", auth.verify());
    }
    if (members.isLocal()) {
      router.on(HttpMethod.GET, "/auth/open", auth.open(members.codes(), Wiring.LOCAL));
    }
  }

  /** The chat of the dashboard: the way of every other call, with a credential of its own. */
  static void playground(Router router, Site site, Gateway gateway, Watch watch) {
    router
        .on(HttpMethod.GET, "/playground", site.home().lead(site.playground().show()))
        .on(HttpMethod.POST, "/playground/key", site.playground().switchOn(watch))
        .on(
            HttpMethod.POST,
            "/playground/chat",
            gateway.chat(Door.PLAYGROUND, site.playground()::caller));
  }

  /**
   * The authorization server for apps. The well-known paths of the root stay unknown: a client that
   * finds them would start a sign-in where a key in the path is enough.
   */
  static void apps(Router router, Site site, OAuth oauth) {
    Handler server = oauth.issuer().serverDocument();
    router
        .on(
            HttpMethod.GET,
            "/.well-known/oauth-protected-resource/mcp",
            oauth.issuer().resourceDocument())
        .on(HttpMethod.GET, "/.well-known/oauth-authorization-server/oauth", server)
        .on(HttpMethod.GET, "/.well-known/openid-configuration/oauth", server)
        .on(HttpMethod.GET, "/oauth/.well-known/openid-configuration", server)
        .on(HttpMethod.GET, "/oauth/authorize", site.home().lead(oauth.authorize()))
        .on(HttpMethod.GET, "/oauth/consent", site.home().lead(oauth.consent()))
        .on(HttpMethod.POST, "/oauth/consent", oauth.decide())
        .on(HttpMethod.POST, "/oauth/token", oauth.token())
        .on(HttpMethod.POST, "/oauth/register", oauth.register())
        .on(HttpMethod.POST, "/oauth/revoke", oauth.revoke());
  }

  /** The operator's own listener, which callers never reach. */
  static Router ofAdmin(Handler metrics, Health health) {
    return new Router(Refusals.fallbacks())
        .on(HttpMethod.GET, "/metrics", metrics)
        .on(HttpMethod.GET, "/healthz", health::alive)
        .on(HttpMethod.GET, "/readyz", health::ready);
  }
}
