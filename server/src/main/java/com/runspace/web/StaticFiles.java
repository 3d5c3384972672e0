package com.runspace.web;

import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files that pages need, from the class path, read and packed once at the start. Pages name
 * them with a part of their hash, so that a browser may keep them for good.
 */
public final class StaticFiles implements Handler {
  /** Where they are served. */
  public static final String PATH = "/static/";

  private static final String FOLDER = "static/";
  private static final int TAG_LENGTH = 16;
  private static final String FOR_GOOD = "public, max-age=31536000, immutable";
  private static final String ASK_AGAIN = "public, no-cache";

  private static final Map<String, String> TYPES =
      Map.of(
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "txt", "text/plain; charset=utf-8");

  private record Kept(String type, String tag, Buffer plain, Buffer packed) {}

  private final Map<String, Kept> files = new TreeMap<>();

  /**
   * Reads the files of these names.
   *
   * @throws IllegalArgumentException when one is not there
   */
  public StaticFiles(Set<String> names) {
    names.forEach(name -> files.put(name, read(name)));
  }

  private static Kept read(String name) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    try (InputStream in = StaticFiles.class.getResourceAsStream(FOLDER + name)) {
      if (in == null || type == null) {
        throw new IllegalArgumentException("no such file, or of no known type: " + name);
      }
      byte[] plain = in.readAllBytes();
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
        gzip.write(plain);
      }
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(plain);
      String tag = HexFormat.of().formatHex(hash).substring(0, TAG_LENGTH);
      return new Kept(type, tag, Buffer.buffer(plain), Buffer.buffer(packed.toByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** The path of a file for a page to name; it changes when the file does. */
  public String path(String name) {
    Kept file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no such file: " + name);
    }
    return PATH + name + "?v=" + file.tag();
  }

  @Override
  public void handle(Exchange exchange) {
    String path = String.valueOf(exchange.request().path());
    Kept file = path.startsWith(PATH) ? files.get(path.substring(PATH.length())) : null;
    MultiMap answer = exchange.response().headers();
    Page.secure(exchange);
    if (file == null) {
      answer.set(HttpHeaders.CACHE_CONTROL, "no-store");
      exchange.answer(404, "text/plain; charset=utf-8", "Not found\n".getBytes(Page.CHARSET));
      return;
    }
    boolean packed = takesGzip(exchange.request().getHeader(HttpHeaders.ACCEPT_ENCODING));
    String tag = '"' + file.tag() + (packed ? "-gzip\"" : "\"");
    boolean named = file.tag().equals(exchange.request().getParam("v"));
    answer.set(HttpHeaders.CACHE_CONTROL, named ? FOR_GOOD : ASK_AGAIN);
    answer.set(HttpHeaders.ETAG, tag);
    answer.set(HttpHeaders.VARY, "accept-encoding");
    if (matches(exchange.request().getHeader(HttpHeaders.IF_NONE_MATCH), tag)) {
      exchange.response().setStatusCode(304).end();
      return;
    }
    if (packed) {
      answer.set(HttpHeaders.CONTENT_ENCODING, "gzip");
    }
    exchange.answer(200, file.type(), (packed ? file.packed() : file.plain()).getBytes());
  }

  /** Whether an {@code Accept-Encoding} names gzip and does not refuse it with a zero weight. */
  static boolean takesGzip(@Nullable String accepted) {
    if (accepted == null) {
      return false;
    }
    for (String coding : accepted.split(",", -1)) {
      String[] parts = coding.strip().split(";", 2);
      if (parts[0].strip().equalsIgnoreCase("gzip")) {
        return parts.length == 1 || !parts[1].strip().matches("(?i)q\\s*=\\s*0(\\.0*)?");
      }
    }
    return false;
  }

  private static boolean matches(@Nullable String known, String tag) {
    if (known == null) {
      return false;
    }
    for (String each : known.split(",", -1)) {
      String plain = each.strip();
      // The comparison is the weak one (RFC 9110, section 13.1.2).
      if (plain.equals("*") || plain.equals(tag) || plain.equals("W/" + tag)) {
        return true;
      }
    }
    return false;
  }
}
