package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One folder, one owner. */
class DataFolderTest {
  @TempDir Path temporary = Path.of("");

  @Test
  void isMadeWithItsParentsAndReadableByItsOwnerOnly() throws Exception {
    Path path = temporary.resolve("a/b/data");
    try (DataFolder folder = DataFolder.open(path)) {
      assertThat(folder.path()).isEqualTo(path);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void isTakenAsItIsWhenItIsThere() throws Exception {
    Files.writeString(temporary.resolve("kept"), "kept");
    try (DataFolder _ = DataFolder.open(temporary)) {
      assertThat(temporary.resolve("kept")).hasContent("kept");
    }
  }

  @Test
  void secondOwnerIsToldWhoTheFirstIs() throws Exception {
    try (DataFolder folder = DataFolder.open(temporary)) {
      folder.sayHolder("process 7, http://127.0.0.1:8080");
      assertThatThrownBy(() -> DataFolder.open(temporary))
          .isInstanceOf(DataFolder.Unavailable.class)
          .hasMessageContaining(temporary.toString())
          .hasMessageContaining("process 7, http://127.0.0.1:8080")
          .hasMessageContaining("--data DIR");
    }
  }

  @Test
  void isFreeAgainWhenItsOwnerEnds() throws Exception {
    DataFolder.open(temporary).close();
    DataFolder.open(temporary).close();
  }

  @Test
  void shorterNameOfTheHolderLeavesNothingOfALongerOne() throws Exception {
    try (DataFolder folder = DataFolder.open(temporary)) {
      folder.sayHolder("process 1234567");
    }
    try (DataFolder folder = DataFolder.open(temporary)) {
      folder.sayHolder("process 8");
      assertThat(temporary.resolve("lock")).hasContent("process 8");
    }
  }

  @Test
  void pathThatCannotBeWrittenIsOneClearLine() throws IOException {
    // A file in the way, since to root every folder is writable.
    Path file = Files.writeString(temporary.resolve("file"), "");
    for (Path path : new Path[] {file, file.resolve("below"), Path.of("/proc/runspace")}) {
      assertThatThrownBy(() -> DataFolder.open(path))
          .isInstanceOf(DataFolder.Unavailable.class)
          .hasMessageStartingWith("the data folder " + path + " cannot be written")
          .hasMessageContaining("--data DIR");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/xdg,Linux,/xdg/runspace",
    "' ',Linux,/home/u/.local/share/runspace",
    ",Linux,/home/u/.local/share/runspace",
    ",Mac OS X,/home/u/Library/Application Support/runspace",
  })
  void usualPlace(@Nullable String xdg, String system, String expected) {
    assertThat(DataFolder.usual(xdg, "/home/u", system)).isEqualTo(Path.of(expected));
  }
}
