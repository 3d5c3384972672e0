package com.runspace.browser;

import com.runspace.chains.NodeProgram;
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

  private static final Map<String, String> LIBRARY =
      Map.of(
          "secp256k1.js", "@noble/secp256k1/index.js",
          "sha3.js", "@noble/hashes/sha3.js",
          "utils.js", "@noble/hashes/utils.js",
          "_u64.js", "@noble/hashes/_u64.js");

  private WalletExtension() {}

  static boolean isPossible() {
    return NodeProgram.modulesWith("@noble/secp256k1").isPresent();
  }

  /** Writes the extension into a folder that does not exist yet. */
  static void writeInto(Path folder, WalletOwner owner) throws IOException {
    Path packages = NodeProgram.modulesWith("@noble/secp256k1").orElseThrow();
    Path library = Files.createDirectories(folder.resolve("noble"));
    for (Map.Entry<String, String> file : LIBRARY.entrySet()) {
      Files.copy(packages.resolve(file.getValue()), library.resolve(file.getKey()));
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
