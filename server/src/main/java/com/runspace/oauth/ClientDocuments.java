package com.runspace.oauth;

import com.runspace.base.Time;
import com.runspace.chain.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Clients whose id is the address of a document that describes them (Client ID Metadata Documents).
 * A document is fetched when it is needed and kept for as long as it says, within bounds; one that
 * cannot be had any more is good for a week, and the two of Claude are here from the beginning, so
 * that nobody's sign-in hangs on the host of a document.
 */
public final class ClientDocuments {
  private static final Duration KEPT_LEAST = Duration.ofMinutes(5);
  private static final Duration KEPT_MOST = Duration.ofDays(1);
  private static final Duration STALE_MOST = Duration.ofDays(7);
  private static final int CACHED_MAX = 1000;
  private static final int ID_LENGTH = 1000;
  private static final Pattern MAX_AGE = Pattern.compile("(?:^|[\\s,])max-age=(\\d{1,9})");
  private static final List<String> SEED = List.of("claude.json", "claude-code.json");

  /** What comes of looking for a client. */
  sealed interface Found {
    record Known(Client client) implements Found {}

    /** There is none; the reason is for the log. */
    record Missing(String reason) implements Found {}
  }

  private record Cached(Client client, long freshMillis, long staleMillis) {}

  private final GuardedFetch fetch;
  private final Set<String> more;
  private final Time time;
  private final Map<String, Client> seed = new HashMap<>();
  private final ConcurrentMap<String, Cached> cache = new ConcurrentHashMap<>();

  /**
   * Reads the documents that ship.
   *
   * @param more redirect addresses of other schemes that the operator allows
   */
  public ClientDocuments(GuardedFetch fetch, Set<String> more, Time time) {
    this.fetch = fetch;
    this.more = more;
    this.time = time;
    for (String file : SEED) {
      try (InputStream in =
          Objects.requireNonNull(ClientDocuments.class.getResourceAsStream(file), file)) {
        Json json = Json.read(in.readAllBytes());
        String id = json.member("client_id").text();
        seed.put(id, Client.read(id, json, more));
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
  }

  /** Whether a client's id is such an address. */
  static boolean isAddress(String id) {
    return id.startsWith("https://");
  }

  /**
   * Finds a client. Blocks when its document has to be fetched.
   *
   * @param redirect where it asks for its answer; a document that ships counts as long as it has it
   */
  Found find(String id, String redirect) {
    Client shipped = seed.get(id);
    if (shipped != null && shipped.allows(redirect)) {
      return new Found.Known(shipped);
    }
    URI address = address(id);
    if (address == null) {
      return new Found.Missing("the client_id is not the address of a document");
    }
    long now = time.epochMillis();
    Cached cached = cache.get(id);
    if (cached != null && now < cached.freshMillis) {
      return new Found.Known(cached.client);
    }
    try {
      return new Found.Known(fetched(id, address, now));
    } catch (GuardedFetch.Refused | IllegalArgumentException cannot) {
      if (cached != null && now < cached.staleMillis) {
        return new Found.Known(cached.client);
      }
      return shipped == null
          ? new Found.Missing("its document: " + cannot.getMessage())
          : new Found.Known(shipped);
    }
  }

  private Client fetched(String id, URI address, long now) throws GuardedFetch.Refused {
    GuardedFetch.Fetched document = fetch.get(address);
    Client client = read(id, Json.read(document.body()));
    long kept = kept(document.cacheControl()).toMillis();
    if (cache.size() >= CACHED_MAX) {
      cache.values().removeIf(each -> now >= each.freshMillis);
    }
    if (cache.size() < CACHED_MAX) {
      cache.put(id, new Cached(client, now + kept, now + STALE_MOST.toMillis()));
    }
    return client;
  }

  /** A document must name itself, and offer to come without a secret. */
  private Client read(String id, Json json) {
    if (!json.member("client_id").text().equals(id)) {
      throw new IllegalArgumentException("it is the document of another client_id");
    }
    json.member("client_name").text();
    Json method = json.find("token_endpoint_auth_method");
    Json methods = json.find("token_endpoint_auth_methods_supported");
    boolean isPublic =
        (method == null && methods == null)
            || (method != null && method.text().equals("none"))
            || (methods != null
                && methods.items().stream().anyMatch(each -> each.text().equals("none")));
    if (!isPublic || json.find("client_secret") != null) {
      throw new IllegalArgumentException("it does not offer to come without a secret");
    }
    return Client.read(id, json, more);
  }

  private static Duration kept(String cacheControl) {
    String text = cacheControl.toLowerCase(Locale.ROOT);
    Matcher age = MAX_AGE.matcher(text);
    boolean isNever = text.contains("no-store") || text.contains("no-cache");
    Duration said =
        isNever || !age.find() ? Duration.ZERO : Duration.ofSeconds(Long.parseLong(age.group(1)));
    Duration most = said.compareTo(KEPT_MOST) > 0 ? KEPT_MOST : said;
    return most.compareTo(KEPT_LEAST) < 0 ? KEPT_LEAST : most;
  }

  /**
   * "Client identifier URLs MUST have an https scheme, MUST contain a path component, MUST NOT
   * contain single-dot or double-dot path segments, MUST NOT contain a fragment component and MUST
   * NOT contain a username or password".
   */
  private static @Nullable URI address(String id) {
    boolean isPlain = id.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '\\' && c != '#');
    if (!isAddress(id) || !isPlain || id.length() > ID_LENGTH) {
      return null;
    }
    try {
      URI uri = new URI(id);
      String path = uri.getRawPath();
      boolean hasPath = path != null && path.length() > 1;
      boolean hasDots =
          hasPath
              && List.of(path.split("/", -1)).stream()
                  .map(each -> each.toLowerCase(Locale.ROOT).replace("%2e", "."))
                  .anyMatch(each -> each.equals(".") || each.equals(".."));
      boolean isFit = hasPath && !hasDots && uri.getHost() != null && uri.getRawUserInfo() == null;
      return isFit ? uri : null;
    } catch (URISyntaxException unreadable) {
      return null;
    }
  }
}
