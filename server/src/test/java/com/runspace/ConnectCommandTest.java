package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.dashboard.Snippets;
import com.runspace.keys.StoredKeyring;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectCommandTest {
  private static final String URL = "http://127.0.0.1:8080";

  private final List<String> lines = new ArrayList<>();
  private final List<String> asides = new ArrayList<>();
  private final ControlSocket.Out out =
      new ControlSocket.Out() {
        @Override
        public void line(String text) {
          lines.add(text);
        }

        @Override
        public void aside(String text) {
          asides.add(text);
        }
      };

  @TempDir private Path folder;

  @Test
  void printsWhatThePageShows() {
    ConnectCommand command = new ConnectCommand(URL, Snippets.Choice.PUBLISHED, null);
    Snippets snippets = new Snippets(URL, null, Snippets.Choice.PUBLISHED);
    for (Snippets.Client client : Snippets.Client.values()) {
      Snippets.Setup setup = snippets.of(client);
      lines.clear();
      int code = command.run(List.of(client.id()), out);
      assertThat(code).isZero();
      assertThat(lines).containsExactly(setup.text());
      for (Snippets.Way way : setup.ways()) {
        way.blocks().forEach(block -> assertThat(setup.text()).contains(block.text()));
      }
    }
  }

  @Test
  void makesAKeyWhenAskedTo() throws Exception {
    try (Db db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1))) {
      StoredKeyring keys = new StoredKeyring(db, Time.system(), Randomness.secure());
      ConnectCommand command = new ConnectCommand(URL, Snippets.Choice.PUBLISHED, keys);
      assertThat(command.run(List.of("curl", "--new-key"), out)).isZero();
      String key = lines.getFirst().replaceFirst("(?s).*RUNSPACE_KEY=(\\w+).*", "$1");
      assertThat(keys.find(key)).isPresent();
      assertThat(keys.list(Wiring.LOCAL).getFirst().settings().name()).isEqualTo("curl");
    }
  }

  @Test
  void saysWhatItKnows() {
    ConnectCommand command = new ConnectCommand(URL, Snippets.Choice.PUBLISHED, null);
    for (List<String> words :
        List.of(List.<String>of(), List.of("emacs"), List.of("curl", "node"), List.of("--x"))) {
      assertThat(command.run(words, out)).isEqualTo(2);
      assertThat(asides.getLast()).contains("curl|python|node|claude-code");
    }
    assertThat(command.run(List.of("curl", "--new-key"), out)).isEqualTo(1);
  }
}
