package com.runspace.oauth;

import com.runspace.chain.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An app that asks for access. All are public: none has a secret, so what an app says of itself is
 * shown as just that.
 *
 * @param id what it is called in requests; the URL of its document, or made by us
 * @param name for people, clean and short; never empty
 * @param redirects where answers may be sent, each exactly so
 * @param refreshes whether it knows how to refresh a token
 */
record Client(String id, String name, List<String> redirects, boolean refreshes) {
  private static final int NAME_LENGTH = 60;
  private static final int REDIRECTS_MAX = 20;
  private static final int REDIRECT_LENGTH = 1000;

  /** The names of this machine that a redirect may have (RFC 8252, section 7.3). */
  private static final Pattern LOOPBACK =
      Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]{1,5})?");

  Client {
    redirects = List.copyOf(redirects);
  }

  /** Whether its identity is an address that it controls, as opposed to a name it gave itself. */
  boolean hasDocument() {
    return id.startsWith("https://");
  }

  /** The host of the document that names it; empty when it has none. */
  String host() {
    return hasDocument() ? hostOf(id) : "";
  }

  /** Whether all its answers go to this computer, where any program can pretend to be it. */
  boolean isLocalOnly() {
    return redirects.stream().allMatch(Client::isLoopback);
  }

  /** The host of an address, or its scheme where it has no host. */
  static String hostOf(String address) {
    try {
      URI uri = new URI(address);
      String host = uri.getHost();
      return host == null ? String.valueOf(uri.getScheme()) : host;
    } catch (URISyntaxException unreadable) {
      return "";
    }
  }

  /**
   * Whether an answer may go there. Strings are compared, "exact string matching" (RFC 9700,
   * section 4.1.3), so no tricks with paths, user names or encodings arise; but "the authorization
   * server MUST allow any port to be specified at the time of the request for loopback IP redirect
   * URIs" (RFC 8252, section 7.3), and clients mean localhost too.
   */
  boolean allows(String redirect) {
    if (redirects.contains(redirect)) {
      return true;
    }
    String free = withoutPort(redirect);
    return free != null && redirects.stream().anyMatch(each -> free.equals(withoutPort(each)));
  }

  static boolean isLoopback(String redirect) {
    return withoutPort(redirect) != null;
  }

  /** A loopback address without its port; null for every other address. */
  private static @Nullable String withoutPort(String redirect) {
    URI uri = plain(redirect);
    if (uri == null || !"http".equals(uri.getScheme())) {
      return null;
    }
    String authority = String.valueOf(uri.getRawAuthority());
    if (!LOOPBACK.matcher(authority).matches() || uri.getPort() > 65_535) {
      return null;
    }
    String query = uri.getRawQuery();
    return uri.getHost() + uri.getRawPath() + (query == null ? "" : "?" + query);
  }

  /** An address without user name, fragment or characters that readers differ about. */
  private static @Nullable URI plain(String address) {
    boolean isVisible = address.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '\\');
    if (!isVisible || address.length() > REDIRECT_LENGTH || address.contains("#")) {
      return null;
    }
    try {
      URI uri = new URI(address);
      return uri.getRawUserInfo() == null && uri.isAbsolute() && !uri.isOpaque() ? uri : null;
    } catch (URISyntaxException unreadable) {
      return null;
    }
  }

  /** Whether answers may be sent to such an address at all: https, or this computer. */
  private static boolean isFit(String redirect) {
    URI uri = plain(redirect);
    return uri != null
        && (("https".equals(uri.getScheme()) && uri.getHost() != null) || isLoopback(redirect));
  }

  /**
   * Reads what a client says of itself, in its document or when it registers (RFC 7591, section 2).
   *
   * @param more addresses of other schemes that the operator allows
   * @throws IllegalArgumentException with a sentence, when it cannot be a client here
   */
  static Client read(String id, Json json, Set<String> more) {
    List<String> redirects = texts(json, "redirect_uris");
    if (redirects.isEmpty() || redirects.size() > REDIRECTS_MAX) {
      throw new WrongRedirect("redirect_uris must have 1 to " + REDIRECTS_MAX + " addresses");
    }
    for (String each : redirects) {
      if (!isFit(each) && !more.contains(each)) {
        throw new WrongRedirect(
            "redirect_uris must be https, or http on localhost, 127.0.0.1 or [::1], without user"
                + " name and fragment");
      }
    }
    List<String> grants = texts(json, "grant_types");
    // "If omitted, the default is that the client will use only the authorization_code Grant Type."
    if (!grants.isEmpty() && !grants.contains("authorization_code")) {
      throw new IllegalArgumentException("grant_types must have authorization_code");
    }
    List<String> responses = texts(json, "response_types");
    if (!responses.isEmpty() && !responses.contains("code")) {
      throw new IllegalArgumentException("response_types must have code");
    }
    Json name = json.find("client_name");
    String shown = clean(name == null ? "" : name.text());
    return new Client(
        id,
        shown.isEmpty() ? "An app without a name" : shown,
        redirects,
        grants.contains("refresh_token"));
  }

  /** An address to which answers cannot be sent; registration has an error of its own for it. */
  static final class WrongRedirect extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    WrongRedirect(String message) {
      super(message);
    }
  }

  private static List<String> texts(Json json, String name) {
    Json found = json.find(name);
    List<String> texts = new ArrayList<>();
    if (found != null) {
      found.items().forEach(each -> texts.add(each.text()));
    }
    return texts.stream().distinct().toList();
  }

  /** What strangers choose must not pretend to be more than a name on the page that shows it. */
  private static String clean(String name) {
    StringBuilder clean = new StringBuilder();
    name.codePoints()
        .map(c -> isPlain(c) ? c : ' ')
        .limit(NAME_LENGTH)
        .forEach(clean::appendCodePoint);
    return clean.toString().replaceAll("\\s+", " ").strip();
  }

  private static boolean isPlain(int c) {
    int type = Character.getType(c);
    return !Character.isISOControl(c)
        && type != Character.FORMAT
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR
        && type != Character.PRIVATE_USE
        && type != Character.SURROGATE
        && type != Character.UNASSIGNED;
  }
}
