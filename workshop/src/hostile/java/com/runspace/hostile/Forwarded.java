package com.runspace.hostile;

import com.runspace.hostile.StrictJson.Literal;
import com.runspace.hostile.StrictJson.Members;
import com.runspace.hostile.StrictJson.Text;
import com.runspace.hostile.StrictJson.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a request must be when it reaches a provider: one that every parser reads in the same way,
 * with the model and the output limit that were priced.
 */
public final class Forwarded {
  private static final Set<String> OWNED =
      Set.of("model", "messages", "stream", "stream_options", "n", "tools", "response_format");
  private static final Set<String> LIMITS = Set.of("max_tokens", "max_completion_tokens");
  private static final int CHOICES_MAX = 8;

  private Forwarded() {}

  /**
   * What is wrong with a body, empty when nothing is.
   *
   * @param model the provider's name of the model
   * @param ceiling the most output tokens that the model gives
   */
  public static Optional<String> complaint(byte[] body, String model, long ceiling) {
    return StrictJson.object(body)
        .map(read -> complaint(read, model, ceiling))
        .orElse(Optional.of("it is no JSON object"));
  }

  private static Optional<String> complaint(Members body, String model, long ceiling) {
    Set<String> seen = new HashSet<>();
    for (StrictJson.Member member : body.members()) {
      String folded = folded(member.name());
      boolean ours = OWNED.contains(folded) || LIMITS.contains(folded);
      if (!seen.add(ours ? folded : member.name())) {
        return Optional.of("two members are " + member.name() + " to some parser");
      }
    }
    if (!body.values("model").equals(List.of(new Text(model)))) {
      return Optional.of("model is " + body.values("model"));
    }
    List<Value> limits = LIMITS.stream().flatMap(name -> body.values(name).stream()).toList();
    if (limits.size() != 1 || !isWhole(limits.getFirst(), ceiling)) {
      return Optional.of("the output limits are " + limits);
    }
    for (Value choices : body.values("n")) {
      if (!isWhole(choices, CHOICES_MAX) && !choices.equals(new Literal("null"))) {
        return Optional.of("n is " + choices);
      }
    }
    boolean streams = body.values("stream").contains(new Literal("true"));
    Value usage = new Members(List.of(new StrictJson.Member("include_usage", new Literal("true"))));
    boolean counts = body.values("stream_options").contains(usage);
    return streams == counts
        ? Optional.empty()
        : Optional.of("stream is " + streams + " and include_usage " + counts);
  }

  private static boolean isWhole(Value value, long max) {
    return value instanceof Literal(String digits)
        && digits.matches("[1-9][0-9]{0,17}")
        && Long.parseLong(digits) <= max;
  }

  /** As parsers that ignore case see it: the long s and the Kelvin sign are letters to them. */
  private static String folded(String name) {
    return name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }
}
