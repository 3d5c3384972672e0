package com.runspace.wallet;

import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A message of EIP-4361 that a program wrote by itself, read strictly, line by line. Browsers never
 * come this way: for them the server writes the message.
 *
 * @param scheme null when it has none; so are the others that may be absent
 */
record SiweMessage(
    @Nullable String scheme,
    String domain,
    Address address,
    @Nullable String statement,
    String uri,
    String chainId,
    String nonce,
    Instant issued,
    @Nullable Instant expires,
    @Nullable Instant notBefore,
    @Nullable String requestId,
    List<String> resources) {
  private static final int BYTES_MAX = 4 << 10;
  private static final int LINE_MAX = 512;
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);
  private static final String WANTS = " wants you to sign in with your Ethereum account:";

  // No alternation is repeated in these, so none of them recurses on a long text.
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*");
  private static final Pattern DOMAIN =
      Pattern.compile("(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{0,5})?");
  private static final Pattern STATEMENT =
      Pattern.compile("[A-Za-z0-9 ._~:/?#\\[\\]@!$&'()*+,;=-]+");
  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=:@%-]*");
  private static final Pattern TIME =
      Pattern.compile(
          "\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:[Zz]|[+-]\\d{2}:\\d{2})");

  SiweMessage {
    resources = List.copyOf(resources);
  }

  /**
   * Reads a message.
   *
   * @throws IllegalArgumentException with a sentence for people when it is not to the letter
   */
  static SiweMessage read(String text) {
    return new Reader(text).read();
  }

  /**
   * Checks that this message says what ours would say.
   *
   * @param ours made for the same nonce; its times do not matter
   * @throws IllegalArgumentException with a sentence for people when it does not
   */
  void mustBe(SignInText ours, Address signer, Instant now) {
    String uriScheme = ours.uri().substring(0, ours.uri().indexOf(':'));
    Instant oldest = now.minus(Nonces.LIFE);
    check(domain.equals(ours.domain()), "domain");
    check(scheme == null || scheme.equals(uriScheme), "scheme");
    check(uri.equals(ours.uri()), "URI");
    check(address.equals(signer), "address");
    check(chainId.equals(ours.chainId()), "chain id");
    check(nonce.equals(ours.nonce()), "nonce");
    check(requestId == null || requestId.equals(ours.requestId()), "request id");
    check(!issued.isBefore(oldest) && !issued.isAfter(now.plus(CLOCK_SKEW)), "time of issue");
    check(expires != null && now.isBefore(expires), "expiration time");
    check(notBefore == null || !now.isBefore(notBefore), "not-before time");
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(
          "The " + what + " of the message is not what it must be here.");
    }
  }

  private static IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("The message is not of EIP-4361: " + what + ".");
  }

  /** Goes through the lines once. */
  private static final class Reader {
    private final List<String> lines;
    private int at;

    Reader(String text) {
      if (text.length() > BYTES_MAX) {
        throw wrong("it is longer than 4 KiB");
      }
      lines = List.of(text.split("\n", -1));
      if (lines.stream().anyMatch(line -> line.length() > LINE_MAX)) {
        throw wrong("a line is longer than " + LINE_MAX + " characters");
      }
    }

    SiweMessage read() {
      String first = next();
      if (!first.endsWith(WANTS)) {
        throw wrong("the first line names no one who asks");
      }
      String who = first.substring(0, first.length() - WANTS.length());
      int mark = who.indexOf("://");
      String scheme = mark < 0 ? null : matching(SCHEME, who.substring(0, mark), "scheme");
      String domain = matching(DOMAIN, mark < 0 ? who : who.substring(mark + 3), "domain");
      Address address = address(next());
      blank();
      String statement = statement();
      String uri = uri(field("URI"));
      if (!field("Version").equals("1")) {
        throw wrong("the version is not 1");
      }
      String chainId = matching(Pattern.compile("[0-9]{1,20}"), field("Chain ID"), "chain id");
      String nonce = matching(Pattern.compile("[A-Za-z0-9]{8,}"), field("Nonce"), "nonce");
      Instant issued = time(field("Issued At"));
      Instant expires = timeIfThere("Expiration Time");
      Instant notBefore = timeIfThere("Not Before");
      String requestId = fieldIfThere("Request ID");
      if (requestId != null) {
        matching(REQUEST_ID, requestId, "request id");
      }
      List<String> resources = resources();
      if (at < lines.size()) {
        throw wrong("line " + (at + 1) + " should not be there");
      }
      return new SiweMessage(
          scheme, domain, address, statement, uri, chainId, nonce, issued, expires, notBefore,
          requestId, resources);
    }

    private String next() {
      if (at == lines.size()) {
        throw wrong("it ends too early");
      }
      return lines.get(at++);
    }

    private void blank() {
      if (!next().isEmpty()) {
        throw wrong("line " + at + " should be empty");
      }
    }

    /** Without a statement there are two empty lines. */
    private @Nullable String statement() {
      String line = next();
      if (line.isEmpty()) {
        return null;
      }
      matching(STATEMENT, line, "statement");
      blank();
      return line;
    }

    private String field(String name) {
      String value = fieldIfThere(name);
      if (value == null) {
        throw wrong("line " + (at + 1) + " should be '" + name + ": '");
      }
      return value;
    }

    private @Nullable String fieldIfThere(String name) {
      String mark = name + ": ";
      return at < lines.size() && lines.get(at).startsWith(mark)
          ? lines.get(at++).substring(mark.length())
          : null;
    }

    private @Nullable Instant timeIfThere(String name) {
      String text = fieldIfThere(name);
      return text == null ? null : time(text);
    }

    private List<String> resources() {
      List<String> resources = new ArrayList<>();
      if (at < lines.size() && lines.get(at).equals("Resources:")) {
        at++;
        while (at < lines.size() && lines.get(at).startsWith("- ")) {
          resources.add(uri(lines.get(at++).substring(2)));
        }
      }
      return resources;
    }

    private static String matching(Pattern pattern, String text, String what) {
      if (!pattern.matcher(text).matches()) {
        throw wrong("the " + what + " has characters that it cannot have");
      }
      return text;
    }

    private static Address address(String text) {
      Address address;
      try {
        address = Address.parse(Namespace.EIP155, text);
      } catch (IllegalArgumentException none) {
        throw wrong("the second line is no address");
      }
      if (!address.shown().equals(text)) {
        throw wrong("the address must have the checksum of EIP-55");
      }
      return address;
    }

    private static String uri(String text) {
      try {
        if (new URI(text).getScheme() == null) {
          throw wrong("a URI has no scheme");
        }
      } catch (URISyntaxException none) {
        throw wrong("a URI is none");
      }
      return text;
    }

    private static Instant time(String text) {
      try {
        if (TIME.matcher(text).matches()) {
          return OffsetDateTime.parse(text.toUpperCase(Locale.ROOT)).toInstant();
        }
      } catch (DateTimeException none) {
        // Such as a 31st of February.
      }
      throw wrong("a time is not one of RFC 3339");
    }
  }
}
