package com.runspace.workshop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Keys of the same length, which requests carry in turn. */
final class KeyRing {
  private static final byte[] BEARER = Bytes.of("authorization: Bearer ");

  private final List<String> keys;
  private final AtomicInteger turn = new AtomicInteger();

  private KeyRing(List<String> keys) {
    this.keys = keys;
  }

  /** The keys in a file, one a line. */
  static KeyRing read(Path file) throws IOException {
    return new KeyRing(List.copyOf(Files.readAllLines(file)));
  }

  /** What each request has to carry as a header, so that there is room for a key. */
  static String header(String key) {
    return Bytes.text(BEARER, 0, BEARER.length) + key;
  }

  /** A request of a connection's own, whose key can be changed. */
  ByteBuffer room(ByteBuffer request) {
    return ByteBuffer.allocateDirect(request.capacity()).put(request.duplicate().rewind());
  }

  /** Puts the next key into a request. */
  void next(ByteBuffer request) {
    byte[] head = new byte[Math.min(512, request.capacity())];
    request.get(0, head);
    int at = Bytes.find(head, 0, head.length, BEARER) + BEARER.length;
    String key = keys.get(Math.floorMod(turn.getAndIncrement(), keys.size()));
    request.put(at, key.getBytes(StandardCharsets.US_ASCII));
  }
}
