package com.runspace;

import com.runspace.account.UsageReport;
import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Time;
import com.runspace.ledger.LocalLedger;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;

/**
 * {@code runspace usage}: what was used and charged, by day, model or key.
 *
 * @param ledger posts first, so that calls of this moment are in the sums
 */
record UsageCommand(LocalLedger ledger, Time time) {
  private static final String USAGE =
      "usage takes --from DAY, --to DAY, --by day,model,key, --account ID, --json or --csv";

  int run(List<String> words, ControlSocket.Out out) {
    String from = null;
    String to = null;
    String by = null;
    String account = Wiring.LOCAL.value();
    String format = "";
    for (Iterator<String> rest = words.iterator(); rest.hasNext(); ) {
      String word = rest.next();
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      if (name.equals("--json") || name.equals("--csv")) {
        format = name;
        continue;
      }
      if (!List.of("--from", "--to", "--by", "--account").contains(name)
          || (equals < 0 && !rest.hasNext())) {
        out.aside(USAGE + "; not " + word);
        return 2;
      }
      String value = equals < 0 ? rest.next() : word.substring(equals + 1);
      switch (name) {
        case "--from" -> from = value;
        case "--to" -> to = value;
        case "--by" -> by = value;
        default -> account = value;
      }
    }
    try {
      Day today = Day.ofEpochMillis(time.epochMillis());
      UsageReport.Query query = UsageReport.Query.of(from, to, by, today);
      ledger.post();
      say(UsageReport.of(ledger.history(), new AccountId(account), query), format, out);
      return 0;
    } catch (IllegalArgumentException wrong) {
      out.aside(String.valueOf(wrong.getMessage()));
      return 2;
    } catch (LocalLedger.Unavailable | SQLException failed) {
      out.aside(String.valueOf(failed.getMessage()));
      return 1;
    }
  }

  private static void say(UsageReport report, String format, ControlSocket.Out out) {
    switch (format) {
      case "--json" -> out.line(report.json().encodePrettily());
      case "--csv" -> out.line(report.csv().stripTrailing());
      default -> out.line(report.table());
    }
  }
}
