package com.runspace.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * What people download for Claude Desktop: the MCP server that runs on their machine, which is the
 * one file of {@code runspace-mcp/}, and the same file packed as a bundle that Claude Desktop
 * installs by itself. Made once at the start.
 */
public final class Desktop {
  private static final String PRODUCT_URL = "https://run-space.com";
  private static final String PROGRAM = "index.js";
  private static final String MANIFEST = "manifest.json";

  /** A zip has the times of its files; these are always the same, and so is then the zip. */
  private static final LocalDateTime MADE = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final byte[] program;
  private final byte[] bundle;

  /**
   * Packs them for this service.
   *
   * @param publicUrl what the bundle calls unless its user changes it
   * @param version of the program
   */
  public Desktop(String publicUrl, String version) {
    program = resource(PROGRAM);
    JsonObject manifest =
        new JsonObject(
            new String(resource(MANIFEST), UTF_8).replace("\"" + PRODUCT_URL, "\"" + publicUrl));
    manifest.put("version", bundleVersion(version));
    bundle = zip(manifest.encodePrettily().getBytes(UTF_8));
  }

  /** Bundles want three numbers. */
  private static String bundleVersion(String version) {
    return version.matches("\\d+\\.\\d+\\.\\d+([-+].*)?") ? version : "0.0.0";
  }

  private byte[] zip(byte[] manifest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, MANIFEST, manifest);
      put(zip, PROGRAM, program);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(MADE);
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  private static byte[] resource(String name) {
    try (InputStream in = Desktop.class.getResourceAsStream("desktop/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the build has left out runspace-mcp/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code GET /runspace-mcp/index.js}. */
  public Handler program() {
    return exchange -> send(exchange, "text/javascript; charset=utf-8", PROGRAM, program);
  }

  /** {@code GET /runspace.mcpb}. */
  public Handler bundle() {
    return exchange -> send(exchange, "application/zip", "runspace.mcpb", bundle);
  }

  private static void send(Exchange exchange, String type, String name, byte[] bytes) {
    exchange
        .response()
        .headers()
        .set(HttpHeaders.CACHE_CONTROL, "public, max-age=300")
        .set("content-disposition", "attachment; filename=\"" + name + "\"")
        .set("x-content-type-options", "nosniff");
    exchange.answer(200, type, bytes);
  }
}
