package com.runspace.web;

/**
 * A page that says one thing, as that something is not there.
 *
 * @param text what happened and what to do, in whole sentences
 * @param path where its one button leads
 * @param label what the button says
 */
public record Message(Frame frame, String text, String path, String label) {}
