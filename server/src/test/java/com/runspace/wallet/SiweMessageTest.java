package com.runspace.wallet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.chain.Address;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The strict reader, which programs use that write the message by themselves. */
class SiweMessageTest {
  private static final Address ADDRESS =
      Address.parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

  private static final List<String> WHOLE =
      List.of(
          "https://run-space.example wants you to sign in with your Ethereum account:",
          ADDRESS.shown(),
          "",
          "I agree to https://run-space.example/terms!",
          "",
          "URI: https://run-space.example",
          "Version: 1",
          "Chain ID: 8453",
          "Nonce: 32891757abcDEF",
          "Issued At: 2026-11-22T12:00:00.123Z",
          "Expiration Time: 2026-11-22T13:05:00+01:00",
          "Not Before: 2026-11-22T11:00:00Z",
          "Request ID: sign-in",
          "Resources:",
          "- https://run-space.example/a",
          "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq");

  private static String text(List<String> lines) {
    return String.join("\n", lines);
  }

  private static List<String> with(int line, String other) {
    List<String> lines = new ArrayList<>(WHOLE);
    lines.set(line, other);
    return lines;
  }

  private static List<String> without(int... gone) {
    List<String> lines = new ArrayList<>(WHOLE);
    for (int i = gone.length - 1; i >= 0; i--) {
      lines.remove(gone[i]);
    }
    return lines;
  }

  private static void assertNone(List<String> lines) {
    assertThatThrownBy(() -> SiweMessage.read(text(lines)))
        .as(text(lines))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("The message is not of EIP-4361: ")
        .hasMessageEndingWith(".");
  }

  @Test
  void everyFieldIsRead() {
    assertThat(SiweMessage.read(text(WHOLE)))
        .isEqualTo(
            new SiweMessage(
                "https",
                "run-space.example",
                ADDRESS,
                WHOLE.get(3),
                "https://run-space.example",
                "8453",
                "32891757abcDEF",
                Instant.parse("2026-11-22T12:00:00.123Z"),
                Instant.parse("2026-11-22T12:05:00Z"),
                Instant.parse("2026-11-22T11:00:00Z"),
                "sign-in",
                List.of(WHOLE.get(14).substring(2), WHOLE.get(15).substring(2))));
  }

  @Test
  void whatMayBeAbsentMayBeAbsent() {
    // Without a statement its empty line stays: there are two.
    SiweMessage bare = SiweMessage.read(text(without(3, 10, 11, 12, 13, 14, 15)));
    assertThat(bare.statement()).isNull();
    assertThat(bare.expires()).isNull();
    assertThat(bare.resources()).isEmpty();
    assertThat(SiweMessage.read(text(without(14, 15))).resources()).isEmpty();
    assertThat(SiweMessage.read(text(with(12, "Request ID: "))).requestId()).isEmpty();
    for (String domain : List.of("127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "localhost:3000")) {
      String first = domain + " wants you to sign in with your Ethereum account:";
      SiweMessage message = SiweMessage.read(text(with(0, first)));
      assertThat(message.domain()).isEqualTo(domain);
      assertThat(message.scheme()).isNull();
    }
  }

  @Test
  void whatIsMissingIsMissed() {
    for (int line : new int[] {0, 1, 2, 4, 5, 6, 7, 8, 9}) {
      assertNone(without(line));
    }
    assertNone(List.of(""));
    for (int end = 0; end < 10; end++) {
      assertNone(WHOLE.subList(0, end));
    }
  }

  @Test
  void theOrderIsFixed() {
    for (int line = 5; line < 13; line++) {
      List<String> swapped = new ArrayList<>(WHOLE);
      swapped.set(line, WHOLE.get(line + 1));
      swapped.set(line + 1, WHOLE.get(line));
      assertNone(swapped);
    }
  }

  @Test
  void oddValuesAreRefused() {
    for (String first :
        List.of(
            " wants you to sign in with your Ethereum account:",
            "user@run-space.example wants you to sign in with your Ethereum account:",
            "a b wants you to sign in with your Ethereum account:",
            "run-space.example/x wants you to sign in with your Ethereum account:",
            "run-space.example wants you to sign in with your Solana account:",
            "run-space.example wants you to sign in with your Ethereum account:\r")) {
      assertNone(with(0, first));
    }
    assertNone(with(1, ADDRESS.text()));
    assertNone(with(1, "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
    assertNone(with(1, "11111111111111111111111111111111"));
    assertNone(with(3, "two\nlines"));
    assertNone(with(3, "it’s"));
    assertNone(with(3, "\"quoted\""));
    assertNone(with(5, "URI: not a uri"));
    assertNone(with(5, "URI: nothing"));
    assertNone(with(6, "Version: 2"));
    assertNone(with(7, "Chain ID: ?"));
    assertNone(with(7, "Chain ID: -1"));
    assertNone(with(7, "Chain ID: "));
    assertNone(with(8, "Nonce: 1234567"));
    assertNone(with(8, "Nonce: 12345678-"));
    for (String time :
        List.of(
            "Sun, 22 Nov 2026 12:00:00 GMT",
            "2026-11-22",
            "2026-11-22T12:00Z",
            "2026-11-22T12:00:00",
            "2026-02-31T12:00:00Z",
            "2026-11-22T25:00:00Z",
            "+002026-11-22T12:00:00Z")) {
      assertNone(with(9, "Issued At: " + time));
      assertNone(with(10, "Expiration Time: " + time));
      assertNone(with(11, "Not Before: " + time));
    }
    assertNone(with(12, "Request ID: a b"));
    assertNone(with(14, "- not a uri"));
    assertNone(with(15, "- a\n"));
    assertNone(with(15, "https://run-space.example"));
  }

  @Test
  void longTextsAreRefusedAtOnce() {
    assertNone(with(3, "a".repeat(513)));
    assertNone(with(3, "a ".repeat(100_000)));
    List<String> many = new ArrayList<>(WHOLE);
    for (int i = 0; i < 1000; i++) {
      many.add("- https://a");
    }
    assertNone(many);
    assertThat(SiweMessage.read(text(with(3, "a".repeat(512)))).statement()).hasSize(512);
  }

  private static SignInText ours() {
    return new SignInText(
        "run-space.example",
        "ours",
        "https://run-space.example",
        "8453",
        "32891757abcDEF",
        NOON,
        NOON,
        "sign-in");
  }

  private static void assertOther(List<String> lines, String what) {
    assertOther(lines, what, NOON.plusSeconds(60));
  }

  private static void assertOther(List<String> lines, String what, Instant now) {
    SiweMessage message = SiweMessage.read(text(lines));
    assertThatThrownBy(() -> message.mustBe(ours(), ADDRESS, now))
        .as(text(lines))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The " + what + " of the message is not what it must be here.");
  }

  @Test
  void everythingItSaysMustBeAsOursWouldBe() {
    SiweMessage.read(text(WHOLE)).mustBe(ours(), ADDRESS, NOON.plusSeconds(60));
    String wants = " wants you to sign in with your Ethereum account:";
    assertOther(with(0, "evil.example" + wants), "domain");
    assertOther(with(0, "run-space.example:8443" + wants), "domain");
    assertOther(with(0, "RUN-SPACE.example" + wants), "domain");
    assertOther(with(0, "http://run-space.example" + wants), "scheme");
    assertOther(with(1, "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"), "address");
    assertOther(with(5, "URI: https://run-space.example/x"), "URI");
    assertOther(with(5, "URI: https://evil.example"), "URI");
    assertOther(with(7, "Chain ID: 1"), "chain id");
    assertOther(with(8, "Nonce: 32891757abcDEG"), "nonce");
    assertOther(with(8, "Nonce: 12345678"), "nonce");
    assertOther(with(12, "Request ID: link"), "request id");
    assertOther(without(10), "expiration time");
    assertOther(with(10, "Expiration Time: 2026-11-22T12:01:00Z"), "expiration time");
    assertOther(with(11, "Not Before: 2026-11-22T12:01:01Z"), "not-before time");
    assertOther(with(9, "Issued At: 2026-11-22T12:02:01Z"), "time of issue");
    assertOther(WHOLE, "time of issue", NOON.plus(Duration.ofMinutes(5)).plusMillis(124));
  }

  /** A nonce somewhere else in the text is no nonce. */
  @Test
  void onlyTheFieldCounts() {
    List<String> lines = with(8, "Nonce: 0000000000");
    lines.set(3, "Nonce: 32891757abcDEF");
    assertOther(lines, "nonce");
    List<String> twice = new ArrayList<>(WHOLE);
    twice.addAll(9, Arrays.asList("Nonce: 0000000000"));
    assertNone(twice);
  }
}
