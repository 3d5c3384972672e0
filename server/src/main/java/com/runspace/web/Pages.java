package com.runspace.web;

import com.runspace.http.Exchange;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Renders the templates under {@code src/main/jte}, which are compiled with the sources. Each takes
 * one record, and has its {@link Frame} in it. Rendering reads memory only and may be done on an
 * event loop; what a page has to ask the store for is asked before. Safe to share between threads.
 */
public final class Pages {
  private static final String CSS = "app.css";
  private static final String SCRIPT = "app.js";

  private final TemplateEngine engine = TemplateEngine.createPrecompiled(ContentType.Html);
  private final StaticFiles files;

  /**
   * Renders pages that name these files.
   *
   * @param files with {@code app.css} and {@code app.js} among them
   */
  public Pages(StaticFiles files) {
    this.files = files;
  }

  /** The files that every page needs. */
  public static Set<String> files() {
    return Set.of(CSS, SCRIPT, "icon.svg", "playground.js");
  }

  /**
   * What stands around a page.
   *
   * @param section the path of its entry in the navigation; empty for none
   * @param viewer null when nobody is signed in
   */
  public Frame frame(String title, String section, @Nullable Viewer viewer) {
    return new Frame(title, section, viewer, files.path(CSS), files.path(SCRIPT));
  }

  /** The path of one of the static files, for a page that needs one more. */
  public String path(String file) {
    return files.path(file);
  }

  /**
   * Renders a page.
   *
   * @param template as {@code keys.jte}
   * @param view the one parameter of the template
   */
  public String render(String template, Record view) {
    StringOutput html = new StringOutput();
    engine.render(template, view, html);
    return html.toString();
  }

  /** Answers with a page that nobody keeps. */
  public void show(Exchange exchange, int status, String template, Record view) {
    Page.send(exchange, status, render(template, view));
  }

  /** Answers with a page that says one thing and leads back to the beginning. */
  public void say(
      Exchange exchange, int status, @Nullable Viewer viewer, String title, String text) {
    Page.send(exchange, status, message(title, text, viewer));
  }

  /** A page that says one thing and leads back to the beginning. */
  public String message(String title, String text, @Nullable Viewer viewer) {
    Frame frame = frame(title, "", viewer);
    return render("message.jte", new Message(frame, text, "/", "Go to the start"));
  }
}
