package com.runspace.web;

import com.runspace.http.Exchange;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Answers with pages, each with the headers that keep a browser from doing more than it shows. */
public final class Page {
  /**
   * What a page may load and where its forms may go: ourselves alone. No inline script or style, no
   * frame around us.
   */
  public static final String POLICY =
      "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
          + "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  static final Charset CHARSET = StandardCharsets.UTF_8;

  private static final CharSequence HTML = HttpHeaders.createOptimized("text/html; charset=utf-8");

  private Page() {}

  /**
   * Sets the headers that every answer to a browser has. A policy, or one for windows that open us,
   * that is set already stays: its door knows why.
   */
  public static void secure(Exchange exchange) {
    MultiMap headers = exchange.response().headers();
    if (!headers.contains("content-security-policy")) {
      headers.set("content-security-policy", POLICY);
    }
    headers.set("x-content-type-options", "nosniff");
    headers.set("x-frame-options", "DENY");
    headers.set("referrer-policy", "no-referrer");
    if (!headers.contains("cross-origin-opener-policy")) {
      headers.set("cross-origin-opener-policy", "same-origin");
    }
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("permissions-policy", "camera=(), geolocation=(), microphone=()");
  }

  /** Answers with a page that only its reader may keep, and not even that. */
  public static void send(Exchange exchange, int status, String html) {
    send(exchange, status, html, "no-store");
  }

  /**
   * Answers with a page.
   *
   * @param cacheControl who may keep it, and for how long
   */
  public static void send(Exchange exchange, int status, String html, String cacheControl) {
    if (exchange.response().headWritten() || exchange.response().closed()) {
      return;
    }
    secure(exchange);
    exchange.response().headers().set(HttpHeaders.CACHE_CONTROL, cacheControl);
    exchange.answer(status, HTML, html.getBytes(CHARSET));
  }

  /**
   * Sends the browser to another page of ours, with a GET (RFC 9110, section 15.4.4).
   *
   * @throws IllegalArgumentException when it is not certainly ours
   */
  public static void redirect(Exchange exchange, String path) {
    if (!isOurs(path)) {
      throw new IllegalArgumentException("not a path of this site");
    }
    secure(exchange);
    exchange.response().headers().set(HttpHeaders.CACHE_CONTROL, "no-store");
    exchange.response().headers().set(HttpHeaders.LOCATION, path);
    exchange.answer(303, HTML, new byte[0]);
  }

  /**
   * Whether a browser that is sent there stays on this site: a path, and not one that begins with
   * two slashes, or with what a browser takes for them.
   */
  public static boolean isOurs(String path) {
    return path.startsWith("/")
        && !path.startsWith("//")
        && path.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '\\');
  }
}
