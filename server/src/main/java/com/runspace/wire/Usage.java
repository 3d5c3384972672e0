package com.runspace.wire;

/**
 * Tokens of one call. {@code prompt} includes {@code cached}, and {@code completion} includes
 * {@code reasoning}, as in OpenAI's usage object.
 */
public record Usage(long prompt, long cached, long completion, long reasoning) {
  /**
   * The figures of a provider's usage object as sent, sensible or not.
   *
   * @param total {@code total_tokens}, or the sum of the other two when absent
   */
  public record Reported(long prompt, long cached, long completion, long reasoning, long total) {}

  /** Appends the usage object, always in the same form, details as numbers. */
  public StringBuilder json(StringBuilder out) {
    return out.append("{\"prompt_tokens\":")
        .append(prompt)
        .append(",\"completion_tokens\":")
        .append(completion)
        .append(",\"total_tokens\":")
        .append(prompt + completion)
        .append(",\"prompt_tokens_details\":{\"cached_tokens\":")
        .append(cached)
        .append("},\"completion_tokens_details\":{\"reasoning_tokens\":")
        .append(reasoning)
        .append("}}");
  }
}
