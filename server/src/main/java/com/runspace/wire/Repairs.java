package com.runspace.wire;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a provider's answers lack that clients insist on, by name. Immutable.
 *
 * <p>A route without repairs passes bytes on unchanged. There is no repair for the usage object: it
 * is always ours, and its details are always numbers.
 */
public final class Repairs {
  /** No repair at all. */
  public static final Repairs NONE = new Repairs(EnumSet.noneOf(Kind.class));

  /** One repair; its name in the configuration is this name in lower case, with hyphens. */
  enum Kind {
    /** Each call of a tool has an integer {@code index} of its own in every delta. */
    TOOL_INDEX,
    /** The first delta of each choice, and a message, say {@code "role":"assistant"}. */
    ROLE,
    /** The first delta of each call of a tool says {@code "type":"function"}. */
    TOOL_TYPE,
    /** Reasoning stands under both of its names, {@code reasoning_content} and its short one. */
    REASONING,
    /** A choice that called tools ends with {@code tool_calls} and not with {@code stop}. */
    FINISH_TOOL_CALLS;

    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Set<Kind> kinds;

  private Repairs(Set<Kind> kinds) {
    this.kinds = kinds;
  }

  /**
   * The repairs of these names.
   *
   * @throws IllegalArgumentException when one of them is unknown; the message lists the known ones
   */
  public static Repairs of(Collection<String> names) {
    if (names.isEmpty()) {
      return NONE;
    }
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (String name : names) {
      kinds.add(kind(name));
    }
    return new Repairs(kinds);
  }

  private static Kind kind(String name) {
    for (Kind kind : Kind.values()) {
      if (kind.text().equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "'" + name + "' is no repair; there are " + String.join(", ", known()));
  }

  /** The names of all repairs there are. */
  public static List<String> known() {
    return texts(EnumSet.allOf(Kind.class));
  }

  private static List<String> texts(Set<Kind> kinds) {
    List<String> texts = new ArrayList<>();
    kinds.forEach(kind -> texts.add(kind.text()));
    return List.copyOf(texts);
  }

  public boolean isEmpty() {
    return kinds.isEmpty();
  }

  boolean has(Kind kind) {
    return kinds.contains(kind);
  }

  /** What repairs the answer of one call; null when there is nothing to repair. */
  public @Nullable AnswerRepair forOneCall() {
    return isEmpty() ? null : new AnswerRepair(this);
  }

  /** Finds which repairs the answers of a provider need. Not safe to share between threads. */
  public static final class Needs {
    private final Set<Kind> needed = EnumSet.noneOf(Kind.class);
    private AnswerRepair repair = newCall();

    private AnswerRepair newCall() {
      return new AnswerRepair(new Repairs(EnumSet.allOf(Kind.class)));
    }

    /** Looks into the data of one event. The end mark, and what is no JSON, is passed over. */
    public void chunk(byte[] bytes, int from, int to) {
      try {
        repair.chunk(bytes, from, to);
      } catch (JsonReader.Fault noChunk) {
        return;
      }
      needed.addAll(repair.made);
    }

    /** Looks into a whole answer, which is a call of its own. */
    public void answer(byte[] json) {
      repair = newCall();
      try {
        repair.answer(json);
      } catch (JsonReader.Fault noAnswer) {
        return;
      }
      needed.addAll(repair.made);
      repair = newCall();
    }

    /** The names of the repairs that would have changed something. */
    public List<String> names() {
      return texts(needed);
    }
  }
}
