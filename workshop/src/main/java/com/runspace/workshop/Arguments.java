package com.runspace.workshop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The words of a command line: {@code --name value} pairs, repeatable, and bare flags. */
final class Arguments {
  private final Map<String, List<String>> values = new HashMap<>();

  private Arguments() {}

  /**
   * Reads the words.
   *
   * @throws IllegalArgumentException on a name in neither set, or a name without its value
   */
  static Arguments parse(String[] words, Set<String> names, Set<String> flags) {
    Arguments arguments = new Arguments();
    for (int i = 0; i < words.length; i++) {
      String name = words[i];
      String value;
      if (flags.contains(name)) {
        value = "";
      } else if (!names.contains(name)) {
        throw new IllegalArgumentException("unknown option " + name);
      } else if (i + 1 == words.length) {
        throw new IllegalArgumentException(name + " needs a value");
      } else {
        value = words[++i];
      }
      arguments.values.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
    }
    return arguments;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** Every value given for this name, in order. */
  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  String text(String name, String otherwise) {
    List<String> given = all(name);
    return given.isEmpty() ? otherwise : given.getLast();
  }

  int number(String name, int otherwise) {
    String given = text(name, Integer.toString(otherwise));
    try {
      return Integer.parseInt(given);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " needs a whole number, not " + given, e);
    }
  }
}
