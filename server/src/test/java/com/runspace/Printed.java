package com.runspace;

import java.util.ArrayList;
import java.util.List;

/** What a command of the operator's has said. */
final class Printed implements ControlSocket.Out {
  final List<String> lines = new ArrayList<>();
  final List<String> asides = new ArrayList<>();

  @Override
  public void line(String text) {
    lines.addAll(text.lines().toList());
  }

  @Override
  public void aside(String text) {
    asides.add(text);
  }
}
