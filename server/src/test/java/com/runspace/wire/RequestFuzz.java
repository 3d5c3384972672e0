package com.runspace.wire;

import com.runspace.hostile.AnswerRules;
import com.runspace.hostile.Forwarded;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What holds for any bytes as a chat request: they are refused in form, or what goes on to a
 * provider can be read in one way only. Jazzer calls {@link #fuzzerTestOneInput} with bytes of its
 * own making.
 */
public final class RequestFuzz {
  private static final long CEILING = 4096;
  private static final String MODEL = "provider/model-7b";
  private static final List<ChatEdit.Target> TARGETS =
      List.of(
          ChatEdit.Target.of(MODEL, "max_tokens", List.of("service_tier", "best_of", "models")),
          ChatEdit.Target.of(MODEL, "max_completion_tokens", List.of()));

  private RequestFuzz() {}

  /** Fails when something does not hold. */
  public static void fuzzerTestOneInput(byte[] body) {
    isTaken(body);
  }

  /** Whether the bytes are a request; either way it has happened by the rules. */
  static boolean isTaken(byte[] body) {
    byte[] before = body.clone();
    ChatRequest request;
    try {
      request = ChatRequest.scan(body);
    } catch (Refusal.Refused refused) {
      Optional<String> complaint = AnswerRules.errorComplaint(refused.refusal().body());
      if (refused.refusal().error().status() != 400 || complaint.isPresent()) {
        throw new AssertionError("refused with " + refused.refusal() + ": " + complaint, refused);
      }
      return false;
    }
    long limit = request.outputLimit() == 0 ? CEILING : Math.min(CEILING, request.outputLimit());
    for (ChatEdit.Target target : TARGETS) {
      ByteArrayOutputStream edited = new ByteArrayOutputStream();
      ChatEdit.write(
          request, target, limit, (bytes, from, to) -> edited.write(bytes, from, to - from));
      Optional<String> complaint = Forwarded.complaint(edited.toByteArray(), MODEL, CEILING);
      if (complaint.isPresent()) {
        throw new AssertionError(complaint.get());
      }
      int most = body.length + ChatEdit.GROWTH_BYTES + MODEL.length();
      if (edited.size() > most || !Arrays.equals(body, before)) {
        throw new AssertionError("grown to " + edited.size() + ", or the request was changed");
      }
    }
    return true;
  }
}
