package com.runspace.workshop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A caller's connection to a gateway, for one call after another, each heard out word by word. */
final class Dialogue implements MessageReader.Body, AutoCloseable {
  /**
   * What was heard of a call.
   *
   * @param status 0 when not even a head came
   * @param id of the call, as its answer names it; null when none came
   * @param isWhole whether the answer came to its proper end
   * @param usage that the answer told; null when it did not
   * @param retryAfter whether a refusal said when to come again
   * @param endNanos when the last of it came
   * @param text the end of what was said, for complaints
   */
  record Heard(
      int status,
      @Nullable String id,
      boolean isWhole,
      ScriptedUpstream.@Nullable Usage usage,
      boolean retryAfter,
      long endNanos,
      String text) {
    /** In a few words, for counts: the status and, of a refusal, its code. */
    String kind() {
      Matcher code = CODE.matcher(text);
      return status == 200
          ? isWhole ? "200" : "200, cut off"
          : status + (code.find() ? " " + code.group(1) : "");
    }
  }

  private static final int PATIENCE_MILLIS = 60_000;
  private static final int SAID_CHARS = 700;
  private static final int CONNECT_MILLIS = 2_000;
  private static final Pattern ID = Pattern.compile("\"chatcmpl-([^\"]+)\"");
  private static final Pattern CODE = Pattern.compile("\"code\":\\s*\"([a-z_]+)\"");
  private static final Pattern USAGE =
      Pattern.compile("\"prompt_tokens\":(\\d+),\"completion_tokens\":(\\d+)");

  private final Socket socket = new Socket();
  private final MessageReader reader = new MessageReader();
  private final StringBuilder body = new StringBuilder();
  private final byte[] room = new byte[16 << 10];
  private final int port;

  Dialogue(int port) throws IOException {
    this.port = port;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
  }

  /** Makes one call and hears what there is to be heard of it, also when the gateway dies. */
  Heard call(String key, String prompt, boolean stream) {
    reader.next();
    body.setLength(0);
    String fault = "";
    try {
      begin(key, prompt, stream);
      while (!reader.complete()) {
        read();
      }
    } catch (IOException ended) {
      fault = " " + ended.getMessage();
    }
    return heard(stream, fault);
  }

  /** Sends a call, of which nothing is read yet. */
  void begin(String key, String prompt, boolean stream) throws IOException {
    String json =
        "{\"model\":\"bench\",%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(stream ? "\"stream\":true," : "", prompt);
    send("POST /v1/chat/completions", key, json);
  }

  /** Asks for something else; returns the status and the body. */
  Heard get(String path, String key) throws IOException {
    reader.next();
    body.setLength(0);
    send("GET " + path, key, "");
    while (!reader.complete()) {
      read();
    }
    return heard(/* stream= */ false, "");
  }

  /** The body of what a page answers that asks for no key. */
  String text(String path) throws IOException {
    var _ = get(path, "none");
    return body.toString();
  }

  private void send(String what, String key, String json) throws IOException {
    String head =
        "%s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nauthorization: Bearer %s\r\n"
            .formatted(what, port, key);
    String type = "content-type: application/json\r\ncontent-length: " + json.length();
    socket.getOutputStream().write(Bytes.of(head + type + "\r\n\r\n" + json));
  }

  /** Waits for the next piece and takes it in. */
  void read() throws IOException {
    int count = socket.getInputStream().read(room);
    if (count < 0) {
      throw new IOException("closed before the end of the answer");
    }
    var _ = reader.read(room, 0, count, this);
  }

  boolean isComplete() {
    return reader.complete();
  }

  /** What came of the body so far. */
  String said() {
    return body.toString();
  }

  @Override
  public void bytes(byte[] from, int start, int end) {
    body.append(Bytes.text(from, start, end));
  }

  private Heard heard(boolean stream, String fault) {
    long now = System.nanoTime();
    String head = reader.head();
    int status = head.isEmpty() ? 0 : reader.status();
    Matcher id = ID.matcher(body);
    ScriptedUpstream.Usage usage = null;
    for (Matcher told = USAGE.matcher(body); told.find(); ) {
      long prompt = Long.parseLong(told.group(1));
      usage = new ScriptedUpstream.Usage(prompt, Long.parseLong(told.group(2)));
    }
    boolean whole =
        reader.complete() && status == 200 && (!stream || body.indexOf("data: [DONE]") >= 0);
    return new Heard(
        status,
        id.find() ? id.group(1) : null,
        whole && usage != null,
        usage,
        head.toLowerCase(Locale.ROOT).contains("\nretry-after:"),
        now,
        body.substring(Math.max(0, body.length() - SAID_CHARS)) + fault);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is left to lose on it.
    }
  }
}
