package com.runspace.web;

import com.runspace.http.Exchange;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The cookies of this service. Over https their names begin with {@code __Host-}, which a browser
 * takes only from this very host, encrypted and for the whole site, so no neighbour can plant one
 * (RFC 6265bis, section 4.1.3.2). On plain http, which is for loopback alone, the names are bare.
 *
 * <p>All of them are hidden from scripts, and are not sent with what another site's page posts.
 */
public final class Cookies {
  private final boolean encrypted;

  /**
   * For a site.
   *
   * @param encrypted whether its public address is https
   */
  public Cookies(boolean encrypted) {
    this.encrypted = encrypted;
  }

  /**
   * The value of a cookie. One that comes twice with different values is as good as none, since one
   * of the two was planted.
   *
   * @param name without prefix
   */
  public Optional<String> find(Exchange exchange, String name) {
    String whole = whole(name);
    String found = null;
    // HTTP/2 may send each pair in a line of its own (RFC 9113, section 8.2.3).
    for (String line : exchange.request().headers().getAll(HttpHeaders.COOKIE)) {
      for (String pair : line.split(";", -1)) {
        String value = valueOf(pair.strip(), whole);
        if (value != null && found != null && !value.equals(found)) {
          return Optional.empty();
        }
        found = value == null ? found : value;
      }
    }
    return Optional.ofNullable(found);
  }

  private static @Nullable String valueOf(String pair, String name) {
    int equals = pair.indexOf('=');
    return equals == name.length() && pair.startsWith(name) ? pair.substring(equals + 1) : null;
  }

  /**
   * Sets a cookie with the answer.
   *
   * @param name without prefix
   * @param value of letters, digits, {@code -}, {@code _} and {@code .} alone
   * @throws IllegalArgumentException when name or value could break out of the header
   */
  public void set(Exchange exchange, String name, String value, Duration age) {
    if (!name.matches("[\\w-]+") || !value.matches("[\\w.-]*")) {
      throw new IllegalArgumentException("not fit for a cookie: " + name);
    }
    String secure = encrypted ? "; Secure" : "";
    exchange
        .response()
        .headers()
        .add(
            HttpHeaders.SET_COOKIE,
            whole(name)
                + "="
                + value
                + "; Path=/; Max-Age="
                + age.toSeconds()
                + "; HttpOnly; SameSite=Lax"
                + secure);
  }

  /** Has the browser forget a cookie. */
  public void clear(Exchange exchange, String name) {
    set(exchange, name, "", Duration.ZERO);
  }

  private String whole(String name) {
    return encrypted ? "__Host-" + name : name;
  }
}
