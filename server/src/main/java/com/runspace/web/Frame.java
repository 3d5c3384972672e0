package com.runspace.web;

import org.jspecify.annotations.Nullable;

/**
 * What {@code layout.jte} puts around every page. Made by {@link Pages#frame}.
 *
 * @param title of the page, without the name of the service
 * @param section the path of the entry in the navigation that the page belongs to, as {@code
 *     /keys}; empty for none
 * @param viewer null when nobody is signed in
 * @param css the path of the style sheet
 * @param script the path of the script
 */
public record Frame(
    String title, String section, @Nullable Viewer viewer, String css, String script) {
  public boolean isSignedIn() {
    return viewer != null;
  }

  public boolean isOperator() {
    return viewer != null && viewer.isOperator();
  }
}
