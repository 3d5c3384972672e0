package com.runspace.web;

import com.runspace.http.Exchange;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * Tells a request of our own pages from one that another site had a browser send. A cookie alone
 * cannot: the browser adds it to both.
 */
public final class SameOrigin {
  private static final String SITE = "sec-fetch-site";

  private final String origin;

  /**
   * For a site.
   *
   * @param publicUrl where browsers find it, as in the settings; never what a request says of
   *     itself
   */
  public SameOrigin(URI publicUrl) {
    this.origin = originOf(publicUrl);
  }

  /** Scheme, host and port as a browser writes them: in lower case, without the usual port. */
  public static String originOf(URI url) {
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    String host = String.valueOf(url.getHost()).toLowerCase(Locale.ROOT);
    int usual = scheme.equals("https") ? 443 : 80;
    boolean isUsual = url.getPort() == -1 || url.getPort() == usual;
    return scheme + "://" + host + (isUsual ? "" : ":" + url.getPort());
  }

  /** As in the {@code Origin} header of our pages. */
  public String origin() {
    return origin;
  }

  /**
   * Whether a posted form is one of ours: the browser must say so. Since our pages send no
   * referrer, the origin of their forms is {@code null} in browsers that follow the Fetch standard,
   * and then {@code Sec-Fetch-Site} decides, which no page can set.
   */
  public boolean allowsForm(Exchange exchange) {
    MultiMap headers = exchange.request().headers();
    List<String> origins = headers.getAll(HttpHeaders.ORIGIN);
    List<String> sites = headers.getAll(SITE);
    boolean isSite = sites.equals(List.of("same-origin"));
    boolean isOrigin = origins.equals(List.of(origin));
    boolean isUnsaid = origins.isEmpty() || origins.equals(List.of("null"));
    return (isOrigin && (isSite || sites.isEmpty())) || (isUnsaid && isSite);
  }

  /**
   * Whether a request of a script or a program may be answered: whatever it says of where it comes
   * from must be ours. A program says nothing, and has no cookie that it was not given.
   */
  public boolean allowsScript(Exchange exchange) {
    MultiMap headers = exchange.request().headers();
    return headers.getAll(HttpHeaders.ORIGIN).stream().allMatch(origin::equals)
        && headers.getAll(SITE).stream().allMatch("same-origin"::equals);
  }
}
