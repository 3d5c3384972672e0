package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.Source;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rooms of the house, and which may use which. Whoever adds a room adds a line here. */
class HouseTest {
  private static final String HOUSE = "com.runspace";

  /** Each room with the rooms it may use. The root package may use all, and no room uses it. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          arrow("gateway", "base http wire models upstream keys ledger journal"),
          arrow("mcp", "base http wire models keys gateway"),
          arrow("oauth", "base http web keys wallet chain auth"),
          arrow(
              "dashboard",
              "base http web wire models keys ledger journal wallet gate chain gateway auth account"
                  + " upstream"),
          arrow("auth", "base http web wire keys wallet chain gateway"),
          arrow("config", "base http models upstream wire keys wallet gate chain"),
          arrow("account", "base http wire keys ledger gateway"),
          arrow("upstream", "base wire models"),
          arrow("keys", "base"),
          arrow("ledger", "base journal"),
          arrow("wallet", "base chain"),
          arrow("gate", "base chain"),
          arrow("chain", "base"),
          arrow("journal", "base"),
          arrow("cluster", "base"),
          arrow("web", "base http"),
          arrow("http", "base"),
          arrow("wire", "base"),
          arrow("models", "base"),
          arrow("base", ""));

  /** Plain Java: these never see the event loop or the network library. */
  private static final Set<String> PLAIN =
      Set.of("keys", "ledger", "journal", "wallet", "gate", "chain", "models", "wire", "base");

  private static final int FILES_PER_ROOM = 15;
  private static final int CLASSES_IN_BASE = 15;

  @TempDir private Path folder;

  @BeforeAll
  static void readNoClassesButOurs() {
    // The names of foreign classes are enough, and reading them takes most of the time.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
  }

  @Test
  void theHouseKeepsItsArrows() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(HOUSE);
    assertThat(problems(classes)).as("rules of the house that are broken").isEmpty();
  }

  @Test
  void forbiddenArrowsAreFound() throws IOException {
    Set<String> problems =
        problemsOf(
            """
            package com.runspace; public class Wiring { }
            package com.runspace.wallet; public class Gate { }
            package com.runspace.keys; public class Ring { com.runspace.wallet.Gate[] gates; }
            package com.runspace.http; class Router { com.runspace.Wiring wiring; }
            package com.runspace.gateway; class Chat { com.runspace.keys.Ring allowed; }
            """);
    assertThat(problems)
        .containsExactly(
            "http may not use the root package: http.Router uses Wiring",
            "keys may not use wallet: keys.Ring uses wallet.Gate");
  }

  @Test
  void unknownRoomIsFound() throws IOException {
    assertThat(problemsOf("package com.runspace.attic.box; class Old { }\n"))
        .containsExactly("attic is no room of the table: attic.box.Old");
  }

  @Test
  void eventLoopInPlainRoomIsFound() throws IOException {
    String vertx = "package io.vertx.core; public class Vertx { }\n";
    String user = " class Odd { io.vertx.core.Vertx vertx; }\n";
    assertThat(problemsOf(vertx + "package com.runspace.ledger;" + user))
        .containsExactly("ledger is plain Java: ledger.Odd uses io.vertx.core.Vertx");
    assertThat(problemsOf(vertx + "package com.runspace.gateway;" + user)).isEmpty();
  }

  @Test
  void fullRoomIsFound() throws IOException {
    StringBuilder sources = new StringBuilder();
    for (int i = 0; i <= FILES_PER_ROOM; i++) {
      sources.append("package com.runspace.base; class C").append(i).append(" { }\n");
    }
    assertThat(problemsOf(sources.toString()))
        .containsExactly(
            "base has 16 files, at most 15", "base has 16 top-level classes, at most 15");
  }

  private static Set<String> problems(JavaClasses classes) {
    Set<String> problems = new TreeSet<>();
    Map<String, Set<String>> files = new TreeMap<>();
    int inBase = 0;
    for (JavaClass each : classes) {
      String room = roomOf(each.getPackageName());
      if (!isHouse(each.getPackageName()) || room.isEmpty()) {
        continue;
      }
      if (!ARROWS.containsKey(room)) {
        problems.add(room + " is no room of the table: " + shortName(each));
      }
      for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
        problems.addAll(judge(room, each, dependency.getTargetClass().getBaseComponentType()));
      }
      if (!each.getSimpleName().equals("package-info")) {
        files.computeIfAbsent(room, name -> new HashSet<>()).add(fileOf(each));
        inBase += room.equals("base") && each.isTopLevelClass() ? 1 : 0;
      }
    }
    files.forEach((room, names) -> {
      if (names.size() > FILES_PER_ROOM) {
        problems.add("%s has %d files, at most %d".formatted(room, names.size(), FILES_PER_ROOM));
      }
    });
    if (inBase > CLASSES_IN_BASE) {
      problems.add("base has " + inBase + " top-level classes, at most " + CLASSES_IN_BASE);
    }
    return problems;
  }

  private static Set<String> judge(String room, JavaClass user, JavaClass used) {
    String where = used.getPackageName();
    String uses = ": " + shortName(user) + " uses " + shortName(used);
    boolean eventLoop = where.startsWith("io.vertx") || where.startsWith("io.netty");
    if (PLAIN.contains(room) && eventLoop) {
      return Set.of(room + " is plain Java" + uses);
    }
    if (!isHouse(where) || roomOf(where).equals(room)) {
      return Set.of();
    }
    if (roomOf(where).isEmpty()) {
      return Set.of(room + " may not use the root package" + uses);
    }
    return ARROWS.getOrDefault(room, Set.of()).contains(roomOf(where))
        ? Set.of()
        : Set.of(room + " may not use " + roomOf(where) + uses);
  }

  private static boolean isHouse(String packageName) {
    return packageName.equals(HOUSE) || packageName.startsWith(HOUSE + ".");
  }

  /** The first name below the house, or nothing for the root package. */
  private static String roomOf(String packageName) {
    String below =
        packageName.equals(HOUSE) ? "" : packageName.substring(lengthOfPrefix(packageName));
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }

  private static int lengthOfPrefix(String packageName) {
    return isHouse(packageName) ? HOUSE.length() + 1 : 0;
  }

  private static String shortName(JavaClass each) {
    return each.getName().substring(lengthOfPrefix(each.getPackageName()));
  }

  private static String fileOf(JavaClass each) {
    String name = each.getSource().flatMap(Source::getFileName).orElse(each.getSimpleName());
    return each.getPackageName() + "/" + name;
  }

  /** Compiles one class from each line and judges them all. */
  private Set<String> problemsOf(String sources) throws IOException {
    Path made = Files.createTempDirectory(folder, "house");
    List<String> arguments = new ArrayList<>(List.of("-proc:none", "-d", made.toString()));
    for (String source : sources.lines().toList()) {
      String packageName = source.replaceAll("^package |;.*", "");
      String name = source.replaceAll("^.*? class (\\w+) .*$", "$1");
      Path file = made.resolve("src", packageName.replace('.', '/'), name + ".java");
      Files.createDirectories(file.getParent());
      Files.writeString(file, source);
      arguments.add(file.toString());
    }
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(result).as("the samples compile").isZero();
    return problems(new ClassFileImporter().importPath(made));
  }

  private static Map.Entry<String, Set<String>> arrow(String room, String mayUse) {
    return Map.entry(room, mayUse.isEmpty() ? Set.of() : Set.of(mayUse.split(" ")));
  }
}
