package com.runspace;

import com.runspace.base.Db;
import com.runspace.ledger.LedgerTable;
import com.runspace.ledger.LocalLedger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** {@code runspace backup} and {@code runspace restore}: a copy of the store, and its way back. */
final class BackupCommand {
  private static final String STORE = "runspace.db";

  private BackupCommand() {}

  /** Copies the store into a new file while the service runs on. */
  static int backUp(Books books, List<String> words, ControlSocket.Out out) {
    LocalLedger ledger = books.kept();
    Db db = books.db();
    if (words.size() != 1 || words.getFirst().startsWith("-")) {
      out.aside("backup takes the name of the file to make");
      return 2;
    }
    if (ledger == null || db == null) {
      out.aside("this service keeps nothing");
      return 1;
    }
    try {
      ledger.post();
      db.backUp(Path.of(words.getFirst()));
      out.line("backed up to " + words.getFirst());
      return 0;
    } catch (LocalLedger.Unavailable | SQLException failed) {
      out.aside(String.valueOf(failed.getMessage()));
      return 1;
    }
  }

  /**
   * Puts a backup into a data folder whose lock the caller holds. What was there is kept beside it.
   */
  static int restore(Path data, List<String> words, ControlSocket.Out out) {
    if (words.size() != 1 || words.getFirst().startsWith("-")) {
      out.aside("restore takes the name of a file that backup has made");
      return 2;
    }
    Path backup = Path.of(words.getFirst());
    Path fresh = data.resolve(STORE + ".restored");
    try {
      Files.copy(backup, fresh, StandardCopyOption.REPLACE_EXISTING);
      List<String> problems = problems(fresh);
      if (!problems.isEmpty()) {
        out.aside(backup + " is not sound: " + String.join("; ", problems));
        return 1;
      }
      Path before = Files.createTempDirectory(data, "before-restore-");
      for (String name : List.of(STORE, STORE + "-wal", STORE + "-shm", "journal")) {
        if (Files.exists(data.resolve(name))) {
          Files.move(data.resolve(name), before.resolve(name));
        }
      }
      Files.move(fresh, data.resolve(STORE));
      out.line("restored from " + backup + "; what was there is in " + before);
      return 0;
    } catch (IOException | SQLException failed) {
      out.aside(backup + " cannot be restored: " + failed.getMessage());
      return 1;
    } finally {
      deleteQuietly(fresh, out);
    }
  }

  private static void deleteQuietly(Path file, ControlSocket.Out out) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException stays) {
      out.aside(file + " is left behind: " + stays.getMessage());
    }
  }

  private static List<String> problems(Path file) throws SQLException {
    try (Db copy = Db.sqlite(file, Duration.ofSeconds(5))) {
      // Refuses what a newer version has written.
      var _ = new LedgerTable(copy);
      return copy.problems();
    }
  }
}
