package com.runspace.hostile;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What one attack sends, and what may come of it.
 *
 * @param kind which trick it is
 * @param pieces the bytes, in as many writes
 * @param outcome what may happen
 * @param methods of the answers due, in order, since a {@code HEAD} is answered without a body; a
 *     {@link Outcome#ANSWERED} case has as many answers
 */
record Case(String kind, List<byte[]> pieces, Outcome outcome, List<String> methods) {
  /** What may come of a case. */
  enum Outcome {
    /** As many answers as requests; then the connection is as good as before, unless told. */
    ANSWERED,
    /** One error with a status of 4xx, and the end of the connection. */
    REFUSED,
    /** At most one error, and the end of the connection. */
    ENDED,
    /** Any number of well-formed answers. */
    ANYTHING,
    /** The client leaves at once with a close. */
    LEFT,
    /** The client leaves at once with a reset. */
    RESET,
    /** The client reads the head of the answer and leaves. */
    LEFT_IN_ANSWER,
    /** The client says no more and stays for a while. */
    SILENT
  }

  static Case of(String kind, Outcome outcome, String... pieces) {
    return new Case(
        kind,
        List.of(pieces).stream().map(piece -> piece.getBytes(StandardCharsets.ISO_8859_1)).toList(),
        outcome,
        List.of("POST"));
  }

  Case method(String method) {
    return new Case(kind, pieces, outcome, List.of(method));
  }

  @Override
  public String toString() {
    String text =
        pieces.stream()
            .map(piece -> new String(piece, StandardCharsets.ISO_8859_1))
            .collect(Collectors.joining("|"));
    String shown =
        text.length() > 1500 ? text.substring(0, 1500) + "… " + text.length() + " bytes" : text;
    return kind + " " + outcome + " " + shown.replace("\r", "\\r").replace("\n", "\\n\n");
  }
}
