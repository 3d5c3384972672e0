package com.runspace.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Time;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

  /** A pipe in a virtual thread holds one of the few threads that all virtual ones share. */
  @Test
  void itsPipesAreReadByThreadsOfTheirOwn(@TempDir Path folder) throws Exception {
    Path silent = Files.writeString(folder.resolve("java"), "#!/bin/sh\nexec sleep 600\n");
    assertThat(silent.toFile().setExecutable(true)).isTrue();
    LocalEngine.Command command = new LocalEngine.Command(silent, silent, silent, 1, 1);
    long until = System.nanoTime() + 10_000_000_000L;
    try (LocalEngine engine = LocalEngine.start(command, Time.system(), new Nobody())) {
      assertThat(engine).isNotNull();
      while (readers() < 2 && System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      assertThat(readers()).isEqualTo(2);
    }
  }

  /** Threads of the system alone are in the list of stack traces, never virtual ones. */
  private static long readers() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().startsWith("local-engine"))
        .filter(each ->
            Arrays.stream(each.getValue())
                .anyMatch(frame -> frame.getMethodName().equals("readLine")))
        .count();
  }

  private static final class Nobody implements LocalEngine.Listener {
    @Override
    public void up(URI url, String model) {}

    @Override
    public void down(String reason, boolean forGood) {}
  }
}
