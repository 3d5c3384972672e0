package com.runspace.hostile;

import com.runspace.hostile.StrictJson.Literal;
import com.runspace.hostile.StrictJson.Members;
import com.runspace.hostile.StrictJson.Text;
import com.runspace.hostile.StrictJson.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What an answer must look like, whatever was asked. */
public final class AnswerRules {
  /** The statuses of docs/errors.md that a caller can cause, and the good ones. */
  private static final Set<Integer> STATUSES =
      Set.of(200, 204, 400, 401, 402, 403, 404, 405, 408, 413, 415, 429, 431);

  private static final List<String> ERROR = List.of("message", "type", "param", "code");

  private AnswerRules() {}

  /** What is wrong with an answer, empty when nothing is. */
  static Optional<String> complaint(Answer answer, String method) {
    if (!STATUSES.contains(answer.status())) {
      return Optional.of("status " + answer.status());
    }
    if (method.equals("HEAD") || answer.status() == 204) {
      return Optional.empty();
    }
    if (answer.header("content-type").toString().startsWith("[text/event-stream")) {
      return stream(answer);
    }
    Optional<Members> body = StrictJson.object(answer.body());
    if (!answer.header("content-type").equals(List.of("application/json")) || body.isEmpty()) {
      return Optional.of("a body that is not JSON");
    }
    return answer.status() < 400 ? Optional.empty() : error(body.get());
  }

  /** What is wrong with the body of a refusal, empty when nothing is. */
  public static Optional<String> errorComplaint(byte[] body) {
    return StrictJson.object(body).map(AnswerRules::error).orElse(Optional.of("not JSON"));
  }

  private static Optional<String> error(Members body) {
    if (body.members().size() == 1
        && body.members().getFirst().name().equals("error")
        && body.members().getFirst().value() instanceof Members error
        && error.members().size() >= ERROR.size()) {
      List<Value> values = error.members().stream().map(StrictJson.Member::value).toList();
      List<String> names = error.members().stream().map(StrictJson.Member::name).toList();
      boolean texts = isText(values.get(0)) && isText(values.get(1));
      boolean rest = isTextOrNull(values.get(2)) && isTextOrNull(values.get(3));
      if (names.subList(0, 4).equals(ERROR) && texts && rest) {
        return Optional.empty();
      }
    }
    return Optional.of("an error of another shape");
  }

  private static boolean isText(Value value) {
    return value instanceof Text(String text) && !text.isBlank();
  }

  private static boolean isTextOrNull(Value value) {
    return value instanceof Text || value.equals(new Literal("null"));
  }

  /** The provider never fails here, so no stream may. */
  private static Optional<String> stream(Answer answer) {
    String all = answer.text();
    if (answer.status() != 200 || !all.endsWith("data: [DONE]\n\n")) {
      return Optional.of("a stream without its end");
    }
    for (String event : all.substring(0, all.length() - 14).split("\n\n", -1)) {
      boolean comment = event.startsWith(":");
      if (!event.isEmpty()
          && !comment
          && (!event.startsWith("data: ")
              || StrictJson.object(event.substring(6).getBytes(StandardCharsets.UTF_8))
                  .isEmpty())) {
        return Optional.of("an event that is not JSON");
      }
    }
    return Optional.empty();
  }
}
