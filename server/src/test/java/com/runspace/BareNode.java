package com.runspace;

import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.cluster.Announcements;
import com.runspace.cluster.Cluster;
import com.runspace.config.Settings;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.testkit.Heard;
import com.runspace.testkit.ManualTime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A node of a shared store as {@code serve} puts it together, without what faces the network. */
final class BareNode implements AutoCloseable {
  final String url;
  final ManualTime time;
  final Cluster cluster;
  final LocalLedger kept;
  private final Books books;
  private final Ledger ledger;
  private final Announcements news;

  private BareNode(Books books, String url, ManualTime time) {
    this.url = url;
    this.books = books;
    this.time = time;
    ledger = books.forLoops().get();
    cluster = Objects.requireNonNull(books.cluster());
    kept = Objects.requireNonNull(books.kept());
    news = Objects.requireNonNull(News.open(books, null, null));
    books.start();
    Heard.await("hearing", news::isHearing);
  }

  /**
   * Starts it, or starts it again.
   *
   * @param dollars what each account may spend in a day
   */
  static BareNode open(Path data, String url, String dollars, ManualTime time) throws Exception {
    Files.createDirectories(data);
    Path file = data.resolve("runspace.yaml");
    Files.writeString(
        file,
        """
        store: {url: "%s"}
        local: {allowance: "%s"}
        """
            .formatted(url, dollars));
    Settings settings = Settings.read(file, _ -> null);
    return new BareNode(Books.open(data, settings, time, Randomness.secure()), url, time);
  }

  /** Asks for as much as this, and nothing less. */
  Reservation hold(Spender spender, Nanos amount, String callId) {
    return ledger.hold(spender, new Ask(amount, amount), callId, "m");
  }

  /** Hands what was settled to the journal. */
  void flush() {
    ledger.flush();
  }

  @Override
  public void close() {
    news.close();
    books.close();
  }
}
