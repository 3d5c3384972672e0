package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.JavaSource;
import com.runspace.testkit.SourceTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The measures of the sources of all modules, and what they must not say. What a list beside this
 * test lets pass for now may only become less.
 */
class TidyTest {
  private static final String RATCHET = "server/src/test/resources/tidy-ratchet.txt";
  private static final int LINE = 100;
  private static final int METHOD_LINES = 60;
  private static final int FILE_LINES = 400;

  /** Words that say nothing of what a thing does. Their plurals say no more. */
  private static final Set<String> EMPTY_WORDS =
      Set.of("impl", "util", "common", "manager", "service", "dto", "helper");

  private static final Pattern CAMEL_BORDER =
      Pattern.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_");

  // In two pieces, so that this file does not find itself.
  private static final Pattern LEFTOVER = Pattern.compile("\\b(FIX" + "ME|TO" + "DO|XX" + "X)\\b");

  private static final Pattern ADDRESS =
      Pattern.compile("https?://([\\w.-]+)(?::\\d+)?(/[^\\s\"'<>)]*)?");
  private static final Pattern REGISTRY_HOST =
      Pattern.compile("(?:^|.*\\.)(?:registry|repo\\d*|nexus|artifactory)(?:\\..*|$)");
  private static final Pattern REGISTRY_PATH =
      Pattern.compile(
          ".*(?:/maven2|/simple|/pypi|/npm|/artifactory|/repository|/-)(?:/.*|$)"
              + "|.*\\.(?:tgz|whl|jar|pom|crate|nupkg)(?:[?#].*|$)");

  private static final List<Ban> BANS =
      List.of(
          new Ban(
              "passed-in",
              "time and randomness are passed in, see base",
              source -> serverMain(source) && !inRoom(source, "base"),
              "System.nanoTime System.currentTimeMillis Instant.now LocalDate.now LocalTime.now "
                  + "LocalDateTime.now OffsetDateTime.now ZonedDateTime.now Clock.systemUTC "
                  + "Clock.systemDefaultZone Math.random UUID.randomUUID ThreadLocalRandom"),
          new Ban(
              "thread-local",
              "state is handed on, not hidden in a thread",
              TidyTest::serverMain,
              "ThreadLocal InheritableThreadLocal"),
          new Ban(
              "sleep",
              "wait for what you wait for",
              source -> serverMain(source) || test(source),
              "Thread.sleep"),
          new Ban(
              "future",
              "the chat path speaks in one kind of future, the event loop's",
              source -> inRoom(source, "gateway") || inRoom(source, "upstream"),
              "CompletableFuture"),
          new Ban(
              "exit",
              "only Main ends the process",
              source -> serverMain(source) && !source.path().endsWith("/com/runspace/Main.java"),
              "System.exit"),
          new Ban("stack-trace", "log it or hand it on", TidyTest::serverMain, "printStackTrace"),
          new Ban("mock", "a scripted peer on a real socket", TidyTest::test, "Mockito mockito"),
          new Ban("disabled", "repair it or delete it", TidyTest::test, "@Disabled"));

  /** A name that the code in some places must not use. */
  private record Ban(String rule, String why, Predicate<JavaSource> where, String names) {}

  /** What is wrong on a line. The weight is how much is to be shaved off. */
  private record Flaw(String rule, String path, int line, int weight, String what) {
    @Override
    public String toString() {
      return rule + " " + path + ":" + line + "  " + what;
    }
  }

  @Test
  void theTreeIsTidy() throws IOException {
    Path root = SourceTree.root();
    Path ratchet = root.resolve(RATCHET);
    assertThat(ratchet).as("the list of what may pass for now").exists();
    List<Flaw> flaws = new ArrayList<>();
    SourceTree.texts(root).forEach((path, text) -> flaws.addAll(flaws(path, text)));
    assertThat(complaints(flaws, Files.readAllLines(ratchet))).as("what is untidy").isEmpty();
  }

  @Test
  void measuresAreFound() {
    String lines = "int f() {\n" + "f();\n".repeat(59) + "return 1; }";
    assertThat(rules("a/src/main/java/A.java", "class A {" + lines + "}"))
        .containsExactly("method-length");
    assertThat(rules("a/src/main/java/A.java", "//\n".repeat(401))).containsExactly("file-length");
    assertThat(rules("a/src/main/java/A.java", "/" + "/".repeat(100)))
        .containsExactly("line-length");
    assertThat(rules("a/src/main/java/A.java", "/" + "/".repeat(99))).isEmpty();
    assertThat(rules("a/src/main/java/A.java", "// TO" + "DO")).containsExactly("leftover");
    assertThat(rules("a/src/main/java/A.java", "class {")).containsExactly("syntax");
  }

  @Test
  void namesAreFound() {
    for (String name : List.of("PriceUtil", "HttpIMPL", "X_Helper", "Services", "DTO")) {
      assertThat(rules("a/A.java", "class " + name + " {}")).containsExactly("empty-name");
    }
    assertThat(rules("a/A.java", "package com.runspace.util;")).containsExactly("empty-name");
    assertThat(rules("a/A.java", "class ServiceTier { class Commonest {} }")).isEmpty();
  }

  @Test
  void callsAreFoundWhereTheyAreBanned() {
    String main = "server/src/main/java/com/runspace/";
    String clock = "class A { long t = System.nanoTime(); }";
    assertThat(rules(main + "ledger/A.java", clock)).containsExactly("passed-in");
    assertThat(rules(main + "ledger/A.java", "import static java.lang.System.nanoTime;"))
        .containsExactly("passed-in");
    assertThat(rules(main + "http/A.java", "class A { Object t = java.time.Instant::now; }"))
        .containsExactly("passed-in");
    assertThat(rules(main + "base/A.java", clock)).isEmpty();
    assertThat(rules("workshop/src/main/java/A.java", clock)).isEmpty();
    assertThat(rules(main + "base/A.java", "class A { ThreadLocal<String> t; }"))
        .containsExactly("thread-local");
    String future = "import java.util.concurrent.CompletableFuture;";
    assertThat(rules(main + "gateway/A.java", future)).containsExactly("future");
    assertThat(rules(main + "http/A.java", future)).isEmpty();
    String exit = "class A { void a() { System.exit(1); } }";
    assertThat(rules(main + "http/Main.java", exit)).containsExactly("exit");
    assertThat(rules(main + "Main.java", exit)).isEmpty();
    assertThat(rules(main + "A.java", "class A { void a() { error().printStackTrace(); } }"))
        .containsExactly("stack-trace");
    String test = "local-engine/src/test/java/A.java";
    assertThat(rules(test, "class A { void a() { Thread.sleep(1); } }")).containsExactly("sleep");
    assertThat(rules(test, "import org.mockito.Mock;")).containsExactly("mock");
    assertThat(rules(test, "@org.junit.jupiter.api.Disabled class A {}"))
        .containsExactly("disabled");
    assertThat(rules(test, "class A { String s = \"Thread.sleep(1)\"; /* Mockito */ }")).isEmpty();
  }

  @Test
  void registryAddressesAreFound() {
    String scheme = "https:" + "//";
    for (String address :
        List.of(
            "registry.example/a",
            "repo1.some.example",
            "x.example:8081/maven2/a",
            "x.example/simple/",
            "x.example/a/-/a-1.0.tgz",
            "x.example/a.whl")) {
      assertThat(rules("docs/a.md", "see " + scheme + address)).containsExactly("registry");
    }
    for (String address :
        List.of(
            "maven.apache.org/POM/4.0.0", "x.example/v1/simplest", "x.y", "127.0.0.1:9/simple")) {
      assertThat(rules("docs/a.md", "see " + scheme + address)).isEmpty();
    }
  }

  @Test
  void theRatchetOnlyShrinks() {
    List<Flaw> flaws = List.of(new Flaw("line-length", "A.java", 3, 1, "120 characters"));
    assertThat(complaints(flaws, List.of("line-length A.java 1", "", "# why"))).isEmpty();
    assertThat(complaints(flaws, List.of()))
        .containsExactly("line-length A.java:3  120 characters");
    assertThat(complaints(flaws, List.of("line-length A.java 2")))
        .containsExactly("ratchet: line-length A.java is down to 1, so write 1 for 2");
    assertThat(complaints(List.of(), List.of("exit B.java 1")))
        .containsExactly("ratchet: exit B.java is down to 0, so take its line out");
    assertThat(complaints(List.of(), List.of("exit B.java", "exit B.java 0")))
        .allMatch(complaint -> complaint.startsWith("ratchet: not 'rule path count'"));
  }

  private static Set<String> rules(String path, String text) {
    return flaws(path, text).stream()
        .map(Flaw::rule)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Flaw> flaws(String path, String text) {
    List<Flaw> flaws = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Matcher address = ADDRESS.matcher(lines.get(i));
      while (address.find()) {
        if (isRegistry(address)) {
          flaws.add(new Flaw("registry", path, i + 1, 1, address.group()));
        }
      }
    }
    if (path.endsWith(".java")) {
      addLineFlaws(flaws, path, lines);
      try {
        addCodeFlaws(flaws, JavaSource.parse(path, text));
      } catch (IllegalArgumentException e) {
        flaws.add(new Flaw("syntax", path, 1, 1, String.valueOf(e.getMessage())));
      }
    }
    return flaws;
  }

  private static boolean isRegistry(Matcher address) {
    String host = address.group(1).toLowerCase(Locale.ROOT);
    if (host.startsWith("127.") || host.equals("localhost")) {
      return false;
    }
    String below = address.group(2) == null ? "" : address.group(2);
    return REGISTRY_HOST.matcher(host).matches() || REGISTRY_PATH.matcher(below).matches();
  }

  private static void addLineFlaws(List<Flaw> flaws, String path, List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int length = line.codePointCount(0, line.length());
      if (length > LINE) {
        flaws.add(new Flaw("line-length", path, i + 1, 1, length + " characters"));
      }
      if (LEFTOVER.matcher(line).find()) {
        flaws.add(new Flaw("leftover", path, i + 1, 1, line.strip()));
      }
    }
    int over = lines.size() - FILE_LINES;
    if (over > 0) {
      flaws.add(new Flaw("file-length", path, 1, over, lines.size() + " lines"));
    }
  }

  private static void addCodeFlaws(List<Flaw> flaws, JavaSource source) {
    String path = source.path();
    for (JavaSource.Method method : source.methods()) {
      int over = method.lines() - METHOD_LINES;
      if (over > 0) {
        String what = method.name() + " has " + method.lines() + " lines";
        flaws.add(new Flaw("method-length", path, method.line(), over, what));
      }
    }
    for (JavaSource.Named type : source.types()) {
      String[] words = CAMEL_BORDER.split(type.name(), -1);
      if (isEmptyWord(words[words.length - 1])) {
        flaws.add(new Flaw("empty-name", path, type.line(), 1, type.name()));
      }
    }
    for (String part : source.packageName().split("\\.", -1)) {
      if (isEmptyWord(part)) {
        flaws.add(new Flaw("empty-name", path, 1, 1, source.packageName()));
      }
    }
    for (Ban ban : BANS) {
      if (ban.where().test(source)) {
        addBanned(flaws, source, ban);
      }
    }
  }

  private static void addBanned(List<Flaw> flaws, JavaSource source, Ban ban) {
    for (String name : ban.names().split(" ", -1)) {
      for (JavaSource.Named use : source.uses()) {
        if (use.mentions(name)) {
          String what = use.name() + ": " + ban.why();
          flaws.add(new Flaw(ban.rule(), source.path(), use.line(), 1, what));
        }
      }
    }
  }

  private static boolean isEmptyWord(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    return EMPTY_WORDS.contains(lower) || EMPTY_WORDS.contains(lower.replaceFirst("s$", ""));
  }

  /** The flaws that the ratchet does not let pass, and its own lines that are no longer true. */
  private static List<String> complaints(List<Flaw> flaws, List<String> ratchet) {
    List<String> complaints = new ArrayList<>();
    Map<String, Integer> allowed = new TreeMap<>();
    for (String line : ratchet) {
      boolean entry = line.matches("\\S+ \\S+ [1-9]\\d*");
      if (entry) {
        int space = line.lastIndexOf(' ');
        allowed.merge(
            line.substring(0, space), Integer.parseInt(line.substring(space + 1)), Integer::sum);
      } else if (!line.isBlank() && !line.startsWith("#")) {
        complaints.add("ratchet: not 'rule path count': " + line);
      }
    }
    Map<String, List<Flaw>> found =
        flaws.stream().collect(Collectors.groupingBy(flaw -> flaw.rule() + " " + flaw.path()));
    new TreeMap<>(found)
        .forEach((key, group) -> {
          if (weight(group) > allowed.getOrDefault(key, 0)) {
            group.forEach(flaw -> complaints.add(flaw.toString()));
          }
        });
    allowed.forEach((key, count) -> {
      int real = weight(found.getOrDefault(key, List.of()));
      if (real < count) {
        String then = real == 0 ? "take its line out" : "write " + real + " for " + count;
        complaints.add("ratchet: " + key + " is down to " + real + ", so " + then);
      }
    });
    return complaints;
  }

  private static int weight(List<Flaw> flaws) {
    return flaws.stream().mapToInt(Flaw::weight).sum();
  }

  private static boolean serverMain(JavaSource source) {
    return source.path().startsWith("server/src/main/");
  }

  private static boolean inRoom(JavaSource source, String room) {
    return serverMain(source) && source.path().contains("/com/runspace/" + room + "/");
  }

  private static boolean test(JavaSource source) {
    return source.path().contains("/src/test/");
  }
}
