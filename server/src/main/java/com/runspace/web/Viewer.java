package com.runspace.web;

/**
 * Who looks at a page, as far as the frame around it tells.
 *
 * @param name the wallet as people see it, whole; {@code This machine} in local mode
 * @param brief the same for a narrow place
 * @param isOperator whether the operator's page is theirs
 */
public record Viewer(String name, String brief, boolean isOperator) {}
