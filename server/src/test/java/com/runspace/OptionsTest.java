package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line. */
class OptionsTest {
  private static Options parse(String line) throws Options.Wrong {
    return Options.parse(line.isEmpty() ? new String[0] : line.split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource({
    "'',serve",
    "serve,serve",
    "start,serve",
    "config,config",
    "help,help",
    "-h,help",
    "--help,help",
    "--version,version",
    "version,version",
    "--json --port 1,serve",
  })
  void commands(String line, String command) throws Options.Wrong {
    assertThat(parse(line).command()).isEqualTo(command);
  }

  @Test
  void withoutOptionsNothingIsAskedFor() throws Options.Wrong {
    assertThat(parse(""))
        .isEqualTo(new Options("serve", null, null, -1, false, false, null, null, null, List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "start --data d --config c.yaml --port 9 --json --no-engine --engine e.jar --model m.gguf",
        "start --data=d --config=c.yaml --port=9 --json --no-engine --engine=e.jar --model=m.gguf",
      })
  void allOptionsInBothForms(String line) throws Options.Wrong {
    Options options = parse(line);
    assertThat(options.data()).isEqualTo(Path.of("d").toAbsolutePath());
    assertThat(options.config()).isEqualTo(Path.of("c.yaml").toAbsolutePath());
    assertThat(options.port()).isEqualTo(9);
    assertThat(options.json()).isTrue();
    assertThat(options.noEngine()).isTrue();
    assertThat(options.engine()).isEqualTo(Path.of("e.jar").toAbsolutePath());
    assertThat(options.model()).isEqualTo(Path.of("m.gguf").toAbsolutePath());
  }

  @Test
  void valueMayHoldAnEqualsSign() throws Options.Wrong {
    assertThat(parse("--data=a=b").data()).isEqualTo(Path.of("a=b").toAbsolutePath());
  }

  @ParameterizedTest
  @CsvSource({
    "--port,--port needs a value",
    "--port x,--port must be a number from 0 to 65535",
    "--port 65536,--port must be a number from 0 to 65535",
    "--port=-1,--port must be a number from 0 to 65535",
    "--prot 1,unknown option '--prot'",
    "start now,unknown option 'now'",
    "-x,unknown option '-x'",
  })
  void mistakes(String line, String message) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(Options.Wrong.class)
        .hasMessageStartingWith(message)
        .hasMessageEndingWith("(see: runspace help)");
  }
}
