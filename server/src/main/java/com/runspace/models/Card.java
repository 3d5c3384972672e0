package com.runspace.models;

import java.util.List;

/**
 * What people are told of a model. No call depends on it.
 *
 * @param weights where the open weights are published
 * @param createdSeconds when the weights were published, seconds since the epoch; 0 when unknown
 * @param aliases the names under which vendors sell it; each finds it, whatever its case
 */
public record Card(
    String name, String weights, String licence, long createdSeconds, List<String> aliases) {
  public Card {
    aliases = List.copyOf(aliases);
  }
}
