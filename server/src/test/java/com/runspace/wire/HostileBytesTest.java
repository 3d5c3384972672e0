package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.hostile.JsonMutations;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Sixty thousand broken requests and some thousand broken streams, held against what the fuzz
 * targets say. With the forty thousand on sockets they are a hundred thousand.
 */
class HostileBytesTest {
  private static final long SEED = 20_261_122;

  private static final String STREAM =
      """
      : a comment

      data: {"id":"c","object":"x","created":1,"model":"p/m","choices":[{"index":0,"delta":\
      {"role":"assistant","content":"Gr\u00fc\u00dfe \\ud83d\\ude00"}}],"usage":null}

      event: error
      data: {"error":{"message":"no"},
      data: "model":"x","id":7}

      id: 7
      data: {"model":"p/m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}

      data: [DONE]

      """;

  @Test
  void requestsAreRefusedInFormOrReadInOneWay() {
    int taken = 0;
    for (int i = 0; i < 60_000; i++) {
      byte[] mutant = JsonMutations.mutant(SEED, i);
      try {
        taken += RequestFuzz.isTaken(mutant) ? 1 : 0;
      } catch (RuntimeException | AssertionError wrong) {
        throw new AssertionError(story(i, mutant), wrong);
      }
    }
    assertThat(taken).as("mutants that are taken").isBetween(6_000, 54_000);
  }

  @Test
  void streamsAreTheSameWhereverTheyAreCut() {
    Mutations mutations = new Mutations(SEED);
    for (int i = 0; i < 10_000; i++) {
      String ends = i % 3 == 0 ? STREAM : STREAM.replace("\n", i % 3 == 1 ? "\r" : "\r\n");
      byte[] mutant = mutations.mutant(("\u0007" + ends).getBytes(UTF_8));
      try {
        StreamFuzz.fuzzerTestOneInput(mutant);
      } catch (RuntimeException | AssertionError wrong) {
        throw new AssertionError(story(i, mutant), wrong);
      }
    }
  }

  @Test
  void inputsOfTheFuzzTargetsHold() throws IOException, URISyntaxException {
    URL folder = HostileBytesTest.class.getResource("FuzzTargetsTestInputs");
    assertThat(folder).isNotNull();
    try (Stream<Path> files = Files.walk(Path.of(folder.toURI()))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        RequestFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
        StreamFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
      }
    }
  }

  private static String story(int number, byte[] mutant) {
    return "seed " + SEED + ", mutant " + number + ": " + new String(mutant, UTF_8);
  }
}
