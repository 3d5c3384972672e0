package com.runspace.browser;

import java.util.ArrayList;
import java.util.List;

/** What must hold of every page, whoever looks at it and on which screen. */
final class PageCheck {
  /** The goal of the whole page, with all that it loads. */
  private static final long MOST_BYTES = 100_000;

  private static final int DESKTOP = 1280;
  private static final int PHONE = 390;

  /** The narrowest screen that pages are for; also a desktop at four times the size. */
  private static final int NARROWEST = 320;

  /** How far the page reaches beyond the window, and what does. */
  private static final String OVERFLOW =
      """
      const root = document.documentElement;
      if (root.scrollWidth <= root.clientWidth) return '';
      const wide = [...document.body.querySelectorAll('*')].filter(
        e => e.getBoundingClientRect().right > root.clientWidth + 1
          && !e.closest('.scroll, pre') && e.checkVisibility());
      return root.scrollWidth + ' of ' + root.clientWidth + ' pixels: '
        + wide.slice(0, 3).map(e => e.outerHTML.slice(0, 90)).join(' | ');
      """;

  private final Browser browser;
  private final List<String> problems = new ArrayList<>();

  PageCheck(Browser browser) {
    this.browser = browser;
  }

  /** All that was found so far, a line each. */
  List<String> problems() {
    return problems;
  }

  /** Opens a page as if for the first time and looks at all of it. */
  void visit(String name, String url) {
    open(name, url);
    look(name);
  }

  /** Opens one of many pages of a kind that has been looked at. */
  void glance(String name, String url) {
    open(name, url);
    note(name, Axe.findings(browser));
    measure(name, NARROWEST);
    note(name + ", console", complaints());
  }

  private void open(String name, String url) {
    browser.console();
    browser.network();
    browser.forgetCache();
    browser.open(url);
    Traffic traffic = Traffic.of(browser.network());
    if (traffic.total() > MOST_BYTES || traffic.total() == 0) {
      problems.add(name + " weighs " + traffic.total() + " bytes: " + traffic.bytes());
    }
  }

  /** Looks at the page that is open: for axe-core, narrow and wide, light and dark. */
  void look(String name) {
    note(name + ", console", complaints());
    note(name, Axe.findings(browser));
    browser.darken(true);
    note(name + ", dark", Axe.findings(browser, "color-contrast"));
    browser.resize(PHONE, 844);
    note(name + ", phone and dark", Axe.findings(browser, "color-contrast"));
    browser.darken(false);
    note(name + ", phone", Axe.findings(browser));
    for (int width : new int[] {NARROWEST, PHONE, DESKTOP}) {
      measure(name, width);
    }
    note(name + ", console", complaints());
  }

  private void measure(String name, int width) {
    browser.resize(width, 800);
    Object overflow = browser.run(OVERFLOW);
    if (overflow instanceof String text && !text.isEmpty()) {
      problems.add(name + " is wider than " + width + ": " + text);
    }
  }

  /** What the console says, but for the status of the page itself, which may be an error's. */
  private List<String> complaints() {
    String page = browser.driver().getCurrentUrl() + " - Failed to load resource";
    return browser.console().stream().filter(line -> !line.startsWith(page)).toList();
  }

  private void note(String where, List<String> findings) {
    findings.forEach(finding -> problems.add(where + ": " + finding));
  }
}
