package com.runspace;

import com.runspace.base.Secret;
import com.runspace.config.Settings;
import com.runspace.dashboard.Snippets;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code runspace connect CLIENT [--new-key]}: prints a set-up to paste, the one that the dashboard
 * shows.
 *
 * @param url where callers reach the service
 * @param keys null when no service runs, and then no key can be made
 */
record ConnectCommand(String url, Snippets.Choice models, @Nullable StoredKeyring keys) {
  private static final String NEW_KEY = "--new-key";

  /** As the settings have it, for when no service runs. */
  static int runAlone(Settings settings, List<String> words, ControlSocket.Out out) {
    int port = settings.port() == 0 ? Ports.USUAL : settings.port();
    return new ConnectCommand(settings.publicUrl(port), Snippets.Choice.PUBLISHED, null)
        .run(words, out);
  }

  int run(List<String> words, ControlSocket.Out out) {
    List<String> names = words.stream().filter(word -> !word.equals(NEW_KEY)).toList();
    Snippets.Client client =
        names.size() == 1 ? Snippets.Client.of(names.getFirst()).orElse(null) : null;
    if (client == null) {
      out.aside("what to connect:\nconnect " + clients() + " [" + NEW_KEY + "]");
      return 2;
    }
    Snippets.Setup setup = new Snippets(url, null, models).of(client);
    if (words.contains(NEW_KEY)) {
      if (keys == null) {
        out.aside("a key is made by the running service: start it first");
        return 1;
      }
      try {
        setup = new Snippets(url, made(keys, client), models).of(client);
      } catch (SQLException failed) {
        out.aside(String.valueOf(failed.getMessage()));
        return 1;
      }
      out.aside("the key in it is shown only now; `runspace key list` has it by its name");
    }
    out.line(setup.text());
    return 0;
  }

  private static Secret made(StoredKeyring keys, Snippets.Client client) throws SQLException {
    KeySettings settings =
        new KeySettings(client.title(), client.doors(), Set.of(), null, Limits.NONE, null);
    return keys.create(Wiring.LOCAL, settings).secret();
  }

  private static String clients() {
    return Arrays.stream(Snippets.Client.values())
        .map(Snippets.Client::id)
        .collect(Collectors.joining("|"));
  }
}
