package com.runspace.engine;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A model in memory: its weights, mapped from the file, and its vocabulary. Tokenizing is safe from
 * any thread. It is never freed, because the process lives exactly as long as its model.
 */
final class Model {
  private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  private final Llama llama;
  private final MemorySegment model;
  private final MemorySegment vocab;
  private final String bos;

  private Model(Llama llama, MemorySegment model) {
    this.llama = llama;
    this.model = model;
    this.vocab = llama.vocab(model);
    this.bos =
        llama.addsBos(vocab)
            ? new String(piece(llama.bos(vocab), true), StandardCharsets.UTF_8)
            : "";
  }

  /**
   * Refuses a file that cannot be a model, before the native library is even loaded.
   *
   * @throws StartFailure if the file cannot be read or is no GGUF file
   */
  static void requireGguf(Path file) throws StartFailure {
    try (InputStream content = Files.newInputStream(file)) {
      if (!Arrays.equals(content.readNBytes(MAGIC.length), MAGIC)) {
        throw unusable(file + " is no GGUF file; give --model a file in GGUF format");
      }
    } catch (IOException e) {
      String reason =
          Files.notExists(file)
              ? "there is no such file"
              : Files.isDirectory(file) ? "it is a folder" : "reading failed: " + e.getMessage();
      throw unusable("cannot read the model " + file + ": " + reason);
    }
  }

  /**
   * Maps the model into memory.
   *
   * @throws StartFailure if llama.cpp does not take the file
   */
  static Model load(Llama llama, Path file, NativeLog log) throws StartFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = llama.modelDefaults(arena);
      MemorySegment model =
          llama.loadModel(arena.allocateFrom(file.toAbsolutePath().toString()), params);
      if (model.address() == 0) {
        throw unusable("llama.cpp cannot load " + file + ": " + log.cause());
      }
      if (llama.hasEncoder(model)) {
        throw unusable(file + " is a model with an encoder; only text generators are supported");
      }
      return new Model(llama, model);
    }
  }

  MemorySegment pointer() {
    return model;
  }

  /** The longest context the model was trained for, in tokens. */
  int contextTrained() {
    return llama.contextTrained(model);
  }

  /** The chat template in the file, in Jinja, or an empty string. */
  @SuppressWarnings("restricted")
  String templateSource() {
    MemorySegment source = llama.chatTemplate(model);
    return source.address() == 0 ? "" : source.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /**
   * The tokens of a prompt. Control tokens written out in the text become those tokens, because
   * that is what a chat template writes; the token that begins every text is added unless the
   * template already wrote it.
   */
  int[] tokenize(String prompt) {
    byte[] utf8 = prompt.getBytes(StandardCharsets.UTF_8);
    boolean special = bos.isEmpty() || !prompt.startsWith(bos);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(ValueLayout.JAVA_BYTE, utf8);
      MemorySegment tokens = arena.allocate(ValueLayout.JAVA_INT, utf8.length + 8L);
      int count = llama.tokenize(vocab, text, utf8.length, tokens, special);
      if (count < 0) {
        throw new IllegalStateException("llama.cpp wants " + -count + " tokens for the prompt");
      }
      return tokens.asSlice(0, count * 4L).toArray(ValueLayout.JAVA_INT);
    }
  }

  /** The bytes that a generated token adds to the text; a character may span several tokens. */
  byte[] piece(int token) {
    return piece(token, false);
  }

  boolean endsGeneration(int token) {
    return llama.isEndOfGeneration(vocab, token);
  }

  private byte[] piece(int token, boolean special) {
    int room = 64;
    while (true) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment out = arena.allocate(room);
        int length = llama.tokenToPiece(vocab, token, out, special);
        if (length >= 0) {
          return out.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }
        room = -length;
      }
    }
  }

  private static StartFailure unusable(String line) {
    return new StartFailure(StartFailure.MODEL, line);
  }
}
