package com.runspace.models;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One way to buy a model's tokens.
 *
 * @param provider the configured provider's name
 * @param model the provider's own id of the model
 * @param wholesale what the provider asks for tokens; null when nobody has said
 * @param window tokens of prompt and output together that this route takes
 * @param repairs what every answer of this route needs before clients can read it; mostly nothing
 */
public record Route(
    String provider, String model, @Nullable Price wholesale, long window, List<String> repairs) {
  public Route {
    repairs = List.copyOf(repairs);
  }

  /** A route without a price of its own and with the model's whole window. */
  public Route(String provider, String model) {
    this(provider, model, null, Long.MAX_VALUE, List.of());
  }
}
