package com.runspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the program starts, refuses to start, and ends. */
@Timeout(120)
class StartTest {
  @TempDir private Path folder;

  @Test
  void wrong_usage_is_exit_code_2() throws Exception {
    assertRefusal(2, "--model FILE is missing; see --help");
    assertRefusal(2, "unknown option --modle; see --help", "--modle", "x");
    assertRefusal(2, "--port takes a number, not 'x'; see --help", "--port", "x");
    assertRefusal(
        2,
        "--host takes a loopback address such as 127.0.0.1 or ::1; see --help",
        "--host",
        "0.0.0.0");
  }

  @Test
  void a_model_that_cannot_be_read_is_exit_code_3() throws Exception {
    Path missing = folder.resolve("missing.gguf");
    assertRefusal(
        3, "cannot read the model " + missing + ": there is no such file", "--model", missing);
    assertRefusal(3, "cannot read the model " + folder + ": it is a folder", "--model", folder);
  }

  @Test
  void a_file_that_is_no_gguf_is_exit_code_3() throws Exception {
    Path text = Files.writeString(folder.resolve("text.gguf"), "hello");
    assertRefusal(
        3, text + " is no GGUF file; give --model a file in GGUF format", "--model", text);
  }

  @Test
  void a_damaged_gguf_is_exit_code_3_with_the_reason_of_llama_cpp() throws Exception {
    Path damaged = folder.resolve("damaged.gguf");
    try (InputStream whole = Files.newInputStream(TestModel.file())) {
      Files.write(damaged, whole.readNBytes(8 << 20));
    }
    try (EngineProcess engine = EngineProcess.start("--model", damaged.toString())) {
      assertThat(engine.errors())
          .startsWith("local-engine: llama.cpp cannot load " + damaged + ": ")
          .contains("not within the file bounds")
          .hasLineCount(1);
      assertThat(engine.awaitExit()).isEqualTo(3);
    }
  }

  @Test
  void a_processor_without_avx2_is_exit_code_4() throws Exception {
    Path cpuinfo =
        Files.writeString(folder.resolve("cpuinfo"), "processor\t: 0\nflags\t\t: fpu sse2 avx\n");
    Machine machine = new Machine("Linux", "amd64", cpuinfo);
    StartFailure failure =
        catchThrowableOfType(
            StartFailure.class,
            () ->
                Main.start(List.of("--model", "any"), machine, System.in, System.out, System.err));
    assertThat(failure.exitCode()).isEqualTo(4);
    assertThat(failure)
        .hasMessage(
            "this processor lacks AVX2, which local models need; run the model on another machine");
  }

  @Test
  void another_system_or_processor_is_exit_code_4() {
    for (Machine machine :
        List.of(
            new Machine("Windows 11", "amd64", folder), new Machine("Linux", "s390x", folder))) {
      StartFailure failure = catchThrowableOfType(StartFailure.class, machine::library);
      assertThat(failure.exitCode()).isEqualTo(4);
    }
  }

  @Test
  void a_taken_port_is_exit_code_5() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefusal(
          5,
          "port " + taken.getLocalPort() + " on 127.0.0.1 is taken; choose another with --port",
          "--model",
          TestModel.file(),
          "--port",
          taken.getLocalPort());
    }
  }

  @Test
  void it_ends_when_the_pipe_of_its_parent_ends_even_in_the_middle_of_an_answer() throws Exception {
    try (EngineProcess engine =
        EngineProcess.start("--model", TestModel.file().toString(), "--parent-pipe")) {
      URI base = engine.awaitReady();
      try (var unread = new ChatClient(base).open(ChatClient.asking("Hi", "\"stream\":true"))) {
        assertThat(unread.getInputStream().read()).isEqualTo('H');
        engine.closeInput();
        assertThat(engine.awaitExit()).isZero();
      }
      assertThat(engine.errors()).isEmpty();
      assertThat(engine.rest()).isEmpty();
    }
  }

  @Test
  void help_names_the_exit_codes() throws Exception {
    try (EngineProcess engine = EngineProcess.start("--help")) {
      assertThat(engine.rest()).anyMatch(line -> line.contains("exit codes"));
      assertThat(engine.awaitExit()).isZero();
    }
  }

  private static void assertRefusal(int exitCode, String line, Object... arguments)
      throws IOException, InterruptedException {
    String[] words = List.of(arguments).stream().map(Object::toString).toArray(String[]::new);
    try (EngineProcess engine = EngineProcess.start(words)) {
      assertThat(engine.errors()).isEqualTo("local-engine: " + line + System.lineSeparator());
      assertThat(engine.rest()).isEmpty();
      assertThat(engine.awaitExit()).isEqualTo(exitCode);
    }
  }
}
