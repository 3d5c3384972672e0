package com.runspace.testkit;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The text files of the whole repository, without what is built or fetched. */
public final class SourceTree {
  private static final long LARGEST_TEXT_BYTES = 4L << 20;

  private SourceTree() {}

  /** The folder of the outermost {@code pom.xml} above the module under test. */
  public static Path root() {
    Path root = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    Path above = root.getParent();
    while (above != null && Files.exists(above.resolve("pom.xml"))) {
      root = above;
      above = root.getParent();
    }
    return root;
  }

  /** The text of each file by its path from the root, with {@code /} between names. */
  public static Map<String, String> texts(Path root) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    Set<String> ignored = ignoredFolders(root);
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return ignored.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isRegularFile() && attributes.size() <= LARGEST_TEXT_BYTES) {
              addText(texts, root, file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return texts;
  }

  private static void addText(Map<String, String> texts, Path root, Path file) throws IOException {
    try {
      String path = root.relativize(file).toString().replace('\\', '/');
      texts.put(path, Files.readString(file));
    } catch (CharacterCodingException e) {
      // Not text, so it has no lines to judge.
    }
  }

  private static Set<String> ignoredFolders(Path root) throws IOException {
    Set<String> names = new HashSet<>(Set.of(".git", "target", "node_modules"));
    Path list = root.resolve(".gitignore");
    if (Files.exists(list)) {
      Files.readAllLines(list).stream()
          .filter(line -> line.endsWith("/"))
          .map(line -> line.replace("/", ""))
          .forEach(names::add);
    }
    return names;
  }
}
