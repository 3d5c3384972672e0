package com.runspace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The example file has every setting there is, and none that is not. */
class ExampleSettingsTest {
  @Test
  void everySettingIsThereAndNoOther() throws IOException {
    String yaml = Files.readString(Path.of("..", "runspace.example.yaml"));
    Object document = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    List<String> problems = new ArrayList<>();
    ConfigNode root = ConfigNode.root(document, problems, _ -> "a secret");
    Settings.of(root);
    assertThat(problems).isEmpty();
    assertThat(root.unset()).as("settings that the example leaves out").isEmpty();
  }
}
