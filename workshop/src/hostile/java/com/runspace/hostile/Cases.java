package com.runspace.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.runspace.hostile.Case.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** All cases of a seed. A case depends on seed and number alone, so each can be had by itself. */
final class Cases {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final long seed;
  private final String key;

  Cases(long seed, String key) {
    this.seed = seed;
    this.key = key;
  }

  /** The random numbers of one case. */
  static SplittableRandom randomOf(long seed, long number) {
    return new SplittableRandom(seed * GOLDEN + number).split();
  }

  Case get(long number) {
    SplittableRandom random = randomOf(seed, number);
    int kind = random.nextInt(100);
    if (kind < 60) {
      byte[] body = new JsonMutations(random).mutant();
      return new Case("json", List.of(request(body)), Outcome.ANSWERED, List.of("POST"));
    }
    Heads heads = new Heads(random, key);
    if (kind < 85) {
      return heads.next();
    }
    return kind < 88 ? heads.pipelined() : paced(random, heads);
  }

  private byte[] request(byte[] body) {
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
            + key
            + "\r\ncontent-type: application/json\r\ncontent-length: "
            + body.length
            + "\r\n\r\n";
    byte[] start = head.getBytes(ISO_8859_1);
    byte[] all = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    return all;
  }

  /** A valid call whose {@code user} says who it is. */
  byte[] known(String user, boolean stream) {
    return request(Corpus.known(user, stream).getBytes(ISO_8859_1));
  }

  private Case paced(SplittableRandom random, Heads heads) {
    byte[] whole =
        random.nextBoolean()
            ? known("paced", random.nextBoolean())
            : request(new JsonMutations(random).mutant());
    int at = 1 + random.nextInt(whole.length - 1);
    List<byte[]> half = List.of(Arrays.copyOf(whole, at));
    List<String> post = List.of("POST");
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> new Case("in pieces", pieces(random, whole), Outcome.ANSWERED, post);
      case 3 -> inPieces(random, heads.next());
      case 4 -> new Case("half", half, Outcome.LEFT, post);
      case 5 -> new Case("half", half, Outcome.RESET, post);
      case 6 -> new Case("half", half, Outcome.SILENT, post);
      case 7 -> new Case("whole", List.of(whole), Outcome.RESET, post);
      case 8 -> new Case("whole", List.of(whole), Outcome.LEFT, post);
      default ->
          new Case(
              "stalling answer",
              List.of(known(CheckingUpstream.STALL, true)),
              Outcome.LEFT_IN_ANSWER,
              post);
    };
  }

  private static Case inPieces(SplittableRandom random, Case whole) {
    return new Case(
        whole.kind() + ", in pieces",
        pieces(random, whole.pieces().getFirst()),
        whole.outcome(),
        whole.methods());
  }

  private static List<byte[]> pieces(SplittableRandom random, byte[] whole) {
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    while (from < whole.length && pieces.size() < 12) {
      int to = Math.min(whole.length, from + 1 + random.nextInt(1 << random.nextInt(1, 10)));
      pieces.add(Arrays.copyOfRange(whole, from, to));
      from = to;
    }
    if (from < whole.length) {
      pieces.add(Arrays.copyOfRange(whole, from, whole.length));
    }
    return pieces;
  }
}
