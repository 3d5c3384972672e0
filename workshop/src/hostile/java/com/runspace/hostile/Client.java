package com.runspace.hostile;

import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One client of an attack. It keeps its connection as long as the cases let it, and now and then
 * asks on it for something that only it can have asked for: if answers had slipped by one, that
 * would show.
 */
final class Client {
  private static final int CANARY_EACH = 6;
  private static final int SILENT_MAX = 4;
  private static final int FIRST_ANSWER_MILLIS = 60;
  private static final int NEXT_ANSWER_MILLIS = 3;

  /** Something is not as it must be. */
  private static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String what) {
      super(what);
    }
  }

  private final Attack attack;
  private final Cases cases;
  private final Deque<Line> silent = new ArrayDeque<>();
  private @Nullable Line kept;

  Client(Attack attack) {
    this.attack = attack;
    this.cases = new Cases(attack.plan().seed(), attack.plan().key());
  }

  void run() {
    try {
      for (long number = attack.take(); number >= 0; number = attack.take()) {
        one(number);
        attack.finished();
      }
      drop();
      while (!silent.isEmpty()) {
        silent.pop().close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void one(long number) throws IOException {
    Case sent = cases.get(number);
    attack.count("case: " + sent.kind());
    try {
      switch (sent.outcome()) {
        case ANSWERED -> answered(sent, number);
        case REFUSED, ENDED -> ended(sent);
        case ANYTHING -> anything(sent);
        case LEFT, RESET, LEFT_IN_ANSWER, SILENT -> leave(sent);
      }
    } catch (Wrong | IOException wrong) {
      attack.fail(number, wrong + (kept == null ? "" : "; rest: " + kept.rest()), sent);
      drop();
    }
  }

  private void answered(Case sent, long number) throws IOException, Wrong {
    Line line = line();
    send(line, sent);
    for (String method : sent.methods()) {
      Answer answer = line.answer(method);
      if (answer == null) {
        throw new Wrong("no answer");
      }
      check(answer, method);
      if (answer.closes()) {
        if (!line.ends()) {
          throw new Wrong("more came behind the last answer: " + line.rest());
        }
        drop();
        return;
      }
    }
    if (number % CANARY_EACH == 0) {
      canary(line, "canary-" + number);
    }
  }

  private void canary(Line line, String name) throws IOException, Wrong {
    line.send(cases.known(name, false));
    Answer answer = line.answer("POST");
    if (answer == null || answer.status() != 200 || !answer.text().contains(name)) {
      throw new Wrong("the canary " + name + " got " + answer);
    }
    attack.count("canaries");
  }

  private void ended(Case sent) throws IOException, Wrong {
    try (Line line = fresh()) {
      send(line, sent);
      Answer answer = answerOrReset(line, sent);
      if (answer == null && sent.outcome() == Case.Outcome.REFUSED && sent.pieces().size() == 1) {
        throw new Wrong("no answer");
      }
      if (answer != null) {
        check(answer, "POST");
        if (answer.status() < 400) {
          throw new Wrong("taken: " + answer);
        }
      }
      if (!line.ends()) {
        throw new Wrong("more came behind the refusal: " + line.rest());
      }
    }
  }

  /** Bytes that come after a refusal make the kernel reset, which may overtake the answer. */
  private static @Nullable Answer answerOrReset(Line line, Case sent) throws IOException {
    try {
      return line.answer("POST");
    } catch (SocketException reset) {
      if (sent.pieces().size() == 1) {
        throw reset;
      }
      return null;
    }
  }

  private void anything(Case sent) throws IOException, Wrong {
    try (Line line = fresh()) {
      send(line, sent);
      boolean stirs = line.stirs(FIRST_ANSWER_MILLIS);
      while (stirs) {
        Answer answer = line.answer("POST");
        if (answer == null) {
          return;
        }
        check(answer, "POST");
        stirs = line.stirs(NEXT_ANSWER_MILLIS);
      }
      line.halfClose();
      // An answer may have been on its way; what comes has to be well formed all the same.
      Answer late = line.answer("POST");
      while (late != null) {
        check(late, "POST");
        late = line.answer("POST");
      }
    } catch (SocketException reset) {
      if (sent.pieces().size() == 1) {
        throw reset;
      }
    }
  }

  private void leave(Case sent) throws IOException, Wrong {
    Line line = fresh();
    send(line, sent);
    switch (sent.outcome()) {
      case LEFT -> line.leave();
      case SILENT -> {
        silent.add(line);
        if (silent.size() > SILENT_MAX) {
          silent.pop().close();
        }
      }
      case LEFT_IN_ANSWER -> {
        Answer head = line.head();
        line.close();
        if (head == null || head.status() != 200) {
          throw new Wrong("the stream began with " + head);
        }
      }
      default -> line.close();
    }
  }

  private void check(Answer answer, String method) throws Wrong {
    attack.count("status: " + answer.status());
    Optional<String> complaint = AnswerRules.complaint(answer, method);
    if (complaint.isPresent()) {
      throw new Wrong(complaint.get() + ": " + answer);
    }
  }

  private static void send(Line line, Case sent) {
    for (int i = 0; i < sent.pieces().size(); i++) {
      if (i > 0) {
        LockSupport.parkNanos(200_000);
      }
      line.send(sent.pieces().get(i));
    }
  }

  private Line line() throws IOException {
    Line line = kept == null ? fresh() : kept;
    kept = line;
    return line;
  }

  private Line fresh() throws IOException {
    attack.count("connections");
    return new Line(attack.plan().port());
  }

  private void drop() throws IOException {
    if (kept != null) {
      kept.close();
      kept = null;
    }
  }
}
