package com.runspace.wire;

import org.jspecify.annotations.Nullable;

/** Splices the fields that are ours into a chunk or an answer; every other byte stays. */
public final class AnswerEdit {
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};
  private static final byte[] USAGE = {',', '"', 'u', 's', 'a', 'g', 'e', '"', ':'};

  private final byte[] id;
  private final byte[] model;

  /**
   * Prepares the splices of one call.
   *
   * @param id the call's id as a JSON string
   * @param model the catalogue's id of the model as a JSON string
   */
  public AnswerEdit(byte[] id, byte[] model) {
    this.id = id;
    this.model = model;
  }

  /** The call's id as a JSON string. */
  public byte[] id() {
    return id;
  }

  /** The catalogue's id of the model as a JSON string. */
  public byte[] model() {
    return model;
  }

  /**
   * Appends the JSON object that {@code scan} has just read, from {@code from} to {@code to}.
   *
   * @param usage JSON of the usage object, with anything that belongs beside it, to stand as {@code
   *     usage}; without one, usage that the provider sent becomes null
   */
  public void append(ByteJoiner out, AnswerScan scan, int from, int to, byte @Nullable [] usage) {
    byte[] bytes = scan.bytes;
    int done = from;
    for (int i = 0; i < scan.ownedEnd; i += 3) {
      out.append(bytes, done, scan.owned[i + 1]);
      out.append(
          switch (scan.owned[i]) {
            case AnswerScan.OUR_ID -> id;
            case AnswerScan.OUR_MODEL -> model;
            case AnswerScan.OUR_USAGE -> usage == null ? NULL : usage;
            default -> NULL;
          });
      done = scan.owned[i + 2];
    }
    if (usage != null && !scan.hasUsage) {
      out.append(bytes, done, scan.closeBrace);
      out.append(USAGE, scan.members == 0 ? 1 : 0, USAGE.length);
      out.append(usage);
      done = scan.closeBrace;
    }
    out.append(bytes, done, to);
  }
}
