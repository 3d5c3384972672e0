package com.runspace.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalEngineTest {
  @ParameterizedTest
  @CsvSource({
    "SmolLM2-135M-Instruct.Q4_1.gguf, smollm2-135m-instruct",
    "Qwen2.5-Coder-7B-Instruct-Q4_K_M.gguf, qwen2.5-coder-7b-instruct",
    "llama-3.3-70b.IQ2_XS.GGUF, llama-3.3-70b",
    "plain, plain",
  })
  void modelIsNamedAfterItsFile(String file, String id) {
    Path nowhere = Path.of("nowhere");
    assertThat(new LocalEngine.Command(nowhere, nowhere, Path.of(file), 1, 1).id()).isEqualTo(id);
  }
}
