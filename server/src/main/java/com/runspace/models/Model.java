package com.runspace.models;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * One entry of the catalogue.
 *
 * @param id what callers pass as {@code model}
 * @param window tokens of prompt and output together
 * @param outputMax output tokens per choice that one call may have, whatever it asks for
 * @param reasoning whether the model thinks before it answers, so that a short answer is longer
 * @param tokens how text and media become tokens
 * @param inputs what a prompt may hold; text is always there
 * @param routes in the order in which they are tried
 */
public record Model(
    String id,
    Card card,
    long window,
    long outputMax,
    boolean reasoning,
    Tokens tokens,
    Set<Modality> inputs,
    Price price,
    List<Route> routes) {
  private static final int TOKENS_PER_MESSAGE = 16;
  private static final long SHORT_ANSWER = 256;
  private static final long SHORT_REASONED_ANSWER = 2048;

  /**
   * How a prompt becomes tokens.
   *
   * @param template tokens that the chat template adds around any conversation
   * @param bytesPerToken how many bytes of text make a token in the published estimate
   * @param perPart an upper bound of what one image, sound or file becomes; 0 when nobody knows,
   *     and then a part counts as the whole window
   */
  public record Tokens(int template, double bytesPerToken, long perPart) {}

  public Model {
    routes = List.copyOf(routes);
    EnumSet<Modality> all = EnumSet.of(Modality.TEXT);
    all.addAll(inputs);
    inputs = Set.copyOf(all);
    if (id.isEmpty() || window < 1 || outputMax < 1 || !(tokens.bytesPerToken() > 0)) {
      throw new IllegalArgumentException("model " + id + ": window, output and bytes must be > 0");
    }
  }

  /**
   * Quotes one call.
   *
   * <p>A token of a byte-level vocabulary covers at least one byte, so the bytes of the prompt
   * bound its tokens; parts that are not text count with the bound of the model.
   *
   * @param requestedOutput tokens per choice that the caller asked for; 0 for no limit of its own
   */
  public Quote quote(
      long promptBytes, int messages, int mediaParts, long requestedOutput, int choices) {
    long bound = promptBytes + (long) messages * TOKENS_PER_MESSAGE + tokens.template();
    boolean unknown = mediaParts > 0 && tokens.perPart() == 0;
    long prompt = unknown ? window : Math.min(bound + mediaParts * tokens.perPart(), window);
    long output = requestedOutput == 0 ? outputMax : Math.min(requestedOutput, outputMax);
    return new Quote(price, prompt, output, choices);
  }

  /** The fewest output tokens for which a call is worth admitting when little is left. */
  public long shortAnswer() {
    return reasoning ? SHORT_REASONED_ANSWER : SHORT_ANSWER;
  }

  /** The published estimate of the tokens in so many bytes of text, rounded up. */
  public long estimateTokens(long textBytes) {
    return (long) Math.ceil(textBytes / tokens.bytesPerToken());
  }
}
