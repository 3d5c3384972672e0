package com.runspace.models;

import java.util.Locale;
import java.util.Optional;

/** A kind of content that a model may take or give. */
public enum Modality {
  TEXT,
  IMAGE,
  AUDIO,
  VIDEO,
  FILE;

  /** The name as OpenRouter's {@code input_modalities} write it, lower case. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The modality of that name; empty when there is none. */
  public static Optional<Modality> of(String id) {
    for (Modality each : values()) {
      if (each.id().equals(id)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /**
   * What a content part of a request holds, by its {@code type} or by the member that makes it
   * media: {@code image_url}, {@code input_audio}, {@code file}. Empty for a kind nobody knows.
   */
  public static Optional<Modality> ofPart(String kind) {
    if (kind.contains("image")) {
      return Optional.of(IMAGE);
    }
    if (kind.contains("audio")) {
      return Optional.of(AUDIO);
    }
    if (kind.contains("video")) {
      return Optional.of(VIDEO);
    }
    return kind.contains("file") || kind.equals("document") ? Optional.of(FILE) : Optional.empty();
  }
}
