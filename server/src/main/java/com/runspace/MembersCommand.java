package com.runspace;

import com.runspace.chain.Address;
import com.runspace.gate.Gate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code runspace open} and {@code runspace gate}, which only a running service can answer. */
final class MembersCommand {
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final String USAGE =
      """
      Usage: runspace gate                    how the chains are doing
             runspace gate explain ADDRESS    the rounds of a wallet and why its tier is what it is
      """;

  private final @Nullable Members members;

  MembersCommand(@Nullable Members members) {
    this.members = members;
  }

  /** What to say when no service runs. */
  static int needsService(String command, ControlSocket.Out out) {
    out.aside(
        "`runspace " + command + "` asks the running service, and none runs. Start it first.");
    return FAILED;
  }

  /** Prints a link that signs the owner of this machine in. */
  int open(ControlSocket.Out out) {
    if (members == null || !members.isLocal()) {
      out.aside("sign-in links are for local mode; here people sign in with a wallet");
      return FAILED;
    }
    out.line(members.signInLink().reveal());
    out.aside("this link works once, for 15 minutes");
    return 0;
  }

  /** Says what the gate has found. */
  int gate(List<String> words, ControlSocket.Out out) {
    Gate gate = members == null ? null : members.gate();
    if (gate == null) {
      out.aside("there is no gate: the settings name no token");
      return FAILED;
    }
    if (words.isEmpty()) {
      gate.conditions().forEach(each -> out.line(line(each)));
      return 0;
    }
    if (words.size() != 2 || !words.getFirst().equals("explain")) {
      out.aside(USAGE.strip());
      return WRONG_USAGE;
    }
    try {
      out.line(gate.explain(Address.parse(words.get(1))).stripTrailing());
      return 0;
    } catch (IllegalArgumentException noAddress) {
      out.aside("'" + words.get(1) + "' is no address: " + noAddress.getMessage());
      return WRONG_USAGE;
    }
  }

  static String line(Gate.Condition each) {
    StringBuilder text = new StringBuilder();
    text.append(each.token()).append(" on ").append(each.chain()).append(": ");
    text.append(each.lastRound() == null ? "not read yet" : "read at " + each.lastRound());
    if (each.frozen() != null) {
      text.append(", frozen since ").append(each.frozen());
    }
    if (each.disputed() != null) {
      text.append(", providers disagree since ").append(each.disputed());
    }
    return each.fault().isEmpty() ? text.toString() : text + ", " + each.fault();
  }
}
