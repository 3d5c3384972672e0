package com.runspace.wire;

import com.runspace.base.JsonText;
import com.runspace.wire.Refusal.Refused;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * A chat completion request as bytes, with the places of the fields that matter to us.
 *
 * <p>Made by {@link #scan} in one pass; the bytes are never decoded and encoded again. Immutable,
 * as long as nobody writes into the array.
 */
public final class ChatRequest {
  /** Choices one call may ask for. */
  public static final int CHOICES_MAX = 8;

  private final byte[] bytes;
  private final ChatScan found;

  private ChatRequest(byte[] bytes, ChatScan found) {
    this.bytes = bytes;
    this.found = found;
  }

  /**
   * Scans a whole request body.
   *
   * @throws Refused 400, when the body is not JSON or a field that we own is not what it must be
   */
  public static ChatRequest scan(byte[] body) {
    return new ChatRequest(body, ChatScan.of(body));
  }

  byte[] bytes() {
    return bytes;
  }

  /** Bytes of the whole body. */
  public int length() {
    return bytes.length;
  }

  /** The model asked for, as the caller wrote it. */
  public String model() {
    return found.model;
  }

  public boolean stream() {
    return found.stream;
  }

  /** Whether the caller asked for a last chunk that holds nothing but usage. */
  public boolean includeUsage() {
    return found.includeUsage;
  }

  /** Output tokens asked for, per choice; 0 when the caller named no limit. */
  public long outputLimit() {
    return found.outputLimit;
  }

  /** How many answers are asked for; 1 when absent. */
  public int choices() {
    return found.choices;
  }

  public int messages() {
    return found.messages.messages;
  }

  /** UTF-8 bytes of all that can become prompt tokens, parts other than text left out. */
  public long promptBytes() {
    return found.promptBytes;
  }

  /** Content parts that are not text: images, audio, files. */
  public int mediaParts() {
    return found.messages.mediaParts;
  }

  /**
   * Whether a part that is not text may have its data elsewhere, so that a provider would fetch
   * them. What is not clearly data in the request counts as elsewhere.
   */
  public boolean hasRemoteMedia() {
    return found.messages.remoteMedia;
  }

  /** Kinds of the parts that are not text, as written: {@code image_url}, {@code input_audio}. */
  public Set<String> mediaKinds() {
    return Set.copyOf(found.messages.mediaKinds);
  }

  int members() {
    return found.members;
  }

  /** Offset of the quote that opens the name of member {@code i}. */
  int nameFrom(int i) {
    return found.spans[4 * i];
  }

  int nameTo(int i) {
    return found.spans[4 * i + 1];
  }

  int valueFrom(int i) {
    return found.spans[4 * i + 2];
  }

  /** Offset behind the value of member {@code i}. */
  int valueTo(int i) {
    return found.spans[4 * i + 3];
  }

  /** Offset of the brace that opens the object. */
  int openBrace() {
    return found.openBrace;
  }

  /** Whether the name of member {@code i}, quotes left out, says exactly {@code name}. */
  boolean isNamed(int i, byte[] name) {
    int from = nameFrom(i) + 1;
    int to = nameTo(i) - 1;
    return Arrays.equals(bytes, from, to, name, 0, name.length)
        || (found.escapedNames && name(i).equals(new String(name, StandardCharsets.UTF_8)));
  }

  String name(int i) {
    int from = nameFrom(i) + 1;
    String raw = new String(bytes, from, nameTo(i) - 1 - from, StandardCharsets.UTF_8);
    return found.escapedNames ? JsonText.unescape(raw) : raw;
  }
}
