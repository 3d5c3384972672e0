package com.runspace.browser;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Looks with axe-core for what keeps people out of a page. */
final class Axe {
  private static final String SCRIPT = script();

  /** Serious and critical findings, a line each: rule, help, and where. */
  private static final String LOOK =
      """
      const done = arguments[arguments.length - 1];
      const rules = arguments[0].length ? { runOnly: arguments[0] } : {};
      axe.run(document, { resultTypes: ['violations'], ...rules }).then(
        ({ violations }) => done(violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .flatMap(({ id, help, nodes }) => nodes.map(
            ({ target, any }) => id + ': ' + help + ' at ' + target.join(' ')
              + (any.length ? ' (' + any[0].message + ')' : '')))),
        e => done(['axe: ' + e]));
      """;

  private Axe() {}

  /** Findings of these rules, or of all where none is named. */
  static List<String> findings(Browser browser, String... rules) {
    if (!Boolean.TRUE.equals(browser.run("return 'axe' in window"))) {
      browser.run(SCRIPT);
    }
    Object findings = browser.driver().executeAsyncScript(LOOK, List.of(rules));
    return ((List<?>) Objects.requireNonNull(findings)).stream().map(Object::toString).toList();
  }

  private static String script() {
    try (InputStream file =
        Objects.requireNonNull(Axe.class.getResourceAsStream("/axe.min.js"), "axe-core's jar")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
