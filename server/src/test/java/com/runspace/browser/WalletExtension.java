package com.runspace.browser;

import com.runspace.testkit.SourceTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The unpacked extension in a folder of its own, with its libraries and the address of its owner.
 */
final class WalletExtension {
  private static final Path OURS =
      SourceTree.root().resolve("server/src/test/resources/wallet-extension");

  /** Where {@code ./runspace test} puts what npm fetches. */
  private static final Path PACKAGES =
      SourceTree.root().resolve(".cache/acceptance-node/node_modules/@noble");

  private static final Map<String, String> LIBRARY =
      Map.of(
          "secp256k1.js", "secp256k1/index.js",
          "sha3.js", "hashes/sha3.js",
          "utils.js", "hashes/utils.js",
          "_u64.js", "hashes/_u64.js");

  private WalletExtension() {}

  static boolean isPossible() {
    return LIBRARY.values().stream().allMatch(file -> Files.exists(PACKAGES.resolve(file)));
  }

  /** Writes the extension into a folder that does not exist yet. */
  static void writeInto(Path folder, WalletOwner owner) throws IOException {
    Path library = Files.createDirectories(folder.resolve("noble"));
    for (Map.Entry<String, String> file : LIBRARY.entrySet()) {
      Files.copy(PACKAGES.resolve(file.getValue()), library.resolve(file.getKey()));
    }
    List<Path> files;
    try (Stream<Path> listed = Files.list(OURS)) {
      files = listed.toList();
    }
    for (Path file : files) {
      Files.copy(file, folder.resolve(file.getFileName()));
    }
    String person = "export const PERSON = '" + owner.url() + "';\n";
    Files.writeString(folder.resolve("person.js"), person);
  }
}
