package com.runspace;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.journal.Entry;
import com.runspace.ledger.LedgerTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rows of calls in the store of a data folder, looked at from outside of the service. */
public final class StoredCalls implements AutoCloseable {
  private static final int BEGINNING_BYTES = 1 << 16;

  private final Db db;
  private final LedgerTable table;

  private StoredCalls(Db db) throws SQLException {
    this.db = db;
    this.table = new LedgerTable(db);
  }

  /** Opens the store beside a service that may be running. */
  public static StoredCalls in(Path data) {
    try {
      return new StoredCalls(Db.sqlite(data.resolve("runspace.db"), Duration.ofSeconds(5)));
    } catch (SQLException cannot) {
      throw new AssertionError(cannot);
    }
  }

  /** All rows of the local account by call id. */
  public Map<String, Entry.Settled> byId() {
    Map<String, Entry.Settled> rows = new HashMap<>();
    all().forEach(row -> rows.put(row.call().callId(), row));
    return rows;
  }

  /** All rows of the local account, the newest first. */
  public List<Entry.Settled> all() {
    return of(Wiring.LOCAL);
  }

  /** All rows of an account, the newest first. */
  public List<Entry.Settled> of(AccountId account) {
    try {
      return table.calls(account, 0, Long.MAX_VALUE, null, Integer.MAX_VALUE);
    } catch (SQLException cannot) {
      throw new AssertionError(cannot);
    }
  }

  /** What the sums beside the rows say of all charges of the local account, in nano-dollars. */
  public long summedCharges() {
    try {
      List<LedgerTable.Usage> sums =
          table.usage(
              Wiring.LOCAL, new Day(0), new Day(100_000), EnumSet.noneOf(LedgerTable.By.class));
      return sums.isEmpty() ? 0 : sums.getFirst().charge().value();
    } catch (SQLException cannot) {
      throw new AssertionError(cannot);
    }
  }

  /** How many records of calls the journal has; it is looked at where the first ones are. */
  public static int recorded(Path data) {
    int records = 0;
    try (DirectoryStream<Path> segments =
        Files.newDirectoryStream(data.resolve("journal"), "*.journal")) {
      for (Path segment : segments) {
        try (InputStream in = Files.newInputStream(segment)) {
          String text = new String(in.readNBytes(BEGINNING_BYTES), StandardCharsets.ISO_8859_1);
          records += text.split("key_", -1).length - 1;
        }
      }
    } catch (IOException cannot) {
      throw new UncheckedIOException(cannot);
    }
    return records;
  }

  @Override
  public void close() {
    db.close();
  }
}
