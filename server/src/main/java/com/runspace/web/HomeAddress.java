package com.runspace.web;

import com.runspace.base.Loopback;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.net.HostAndPort;
import java.net.URI;
import java.util.Locale;

/**
 * Leads browsers that came by another name of this machine to the one of the settings: cookies and
 * sign-in messages are bound to that, and forms from elsewhere are refused.
 */
public final class HomeAddress {
  private final String origin;
  private final String host;

  public HomeAddress(URI publicUrl) {
    this.origin = SameOrigin.originOf(publicUrl);
    this.host = String.valueOf(publicUrl.getHost()).toLowerCase(Locale.ROOT);
  }

  /**
   * A page that is shown at home only. On an address that is no loopback one all stays as it is.
   */
  public Handler lead(Handler page) {
    return Loopback.is(host)
        ? exchange -> {
          if (isElsewhere(exchange)) {
            exchange.response().headers().set(HttpHeaders.LOCATION, origin + uri(exchange));
            exchange.answer(302, "text/plain; charset=utf-8", new byte[0]);
          } else {
            page.handle(exchange);
          }
        }
        : page;
  }

  private boolean isElsewhere(Exchange exchange) {
    HostAndPort asked = exchange.request().authority();
    String name = asked == null ? host : asked.host().toLowerCase(Locale.ROOT);
    return !name.equals(host) && Loopback.is(name);
  }

  private static String uri(Exchange exchange) {
    String uri = exchange.request().uri();
    return Page.isOurs(uri) ? uri : "/";
  }
}
