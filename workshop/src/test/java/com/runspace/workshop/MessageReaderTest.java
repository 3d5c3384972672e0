package com.runspace.workshop;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ProtocolException;
import org.junit.jupiter.api.Test;

/** A gateway may cut its bytes anywhere, so every message is read cut at every place. */
final class MessageReaderTest {
  private static final String CHUNKED =
      """
      HTTP/1.1 200 OK\r
      Transfer-Encoding: chunked\r
      \r
      5\r
      Hello\r
      A;name=value\r
      , 12345678\r
      0\r
      x-trailer: 1\r
      \r
      """;
  private static final String FIXED = "HTTP/1.1 429 Too Many\r\nCONTENT-LENGTH: 5\r\n\r\nHello";
  private static final String EMPTY = "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n";

  private final MessageReader reader = new MessageReader();
  private final StringBuilder body = new StringBuilder();

  private int read(String text) throws ProtocolException {
    byte[] bytes = Bytes.of(text);
    return reader.read(
        bytes, 0, bytes.length, (from, start, end) -> body.append(Bytes.text(from, start, end)));
  }

  private void readCut(String message, int at) throws ProtocolException {
    reader.next();
    body.setLength(0);
    read(message.substring(0, at));
    assertThat(reader.complete()).isEqualTo(at == message.length());
    read(message.substring(at));
    assertThat(reader.complete()).isTrue();
  }

  @Test
  void chunksCutAnywhere() throws ProtocolException {
    for (int at = 0; at <= CHUNKED.length(); at++) {
      readCut(CHUNKED, at);
      assertThat(body.toString()).isEqualTo("Hello, 12345678");
      assertThat(reader.status()).isEqualTo(200);
    }
  }

  @Test
  void fixedLengthCutAnywhere() throws ProtocolException {
    for (int at = 0; at <= FIXED.length(); at++) {
      readCut(FIXED, at);
      assertThat(body.toString()).isEqualTo("Hello");
      assertThat(reader.status()).isEqualTo(429);
    }
  }

  @Test
  void stopsWhereTheMessageEnds() throws ProtocolException {
    assertThat(read(EMPTY + FIXED)).isEqualTo(EMPTY.length());
    assertThat(reader.complete()).isTrue();
    assertThat(body.toString()).isEmpty();
  }
}
