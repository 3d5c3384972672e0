package com.runspace.journal;

import java.sql.SQLException;
import java.util.List;

/** Where calls are posted to. Owned here because the journal is who needs it. */
@FunctionalInterface
public interface CallStore {
  /** Adds calls, all or none; says how many it did not have yet. Blocks. */
  int post(List<Entry.Settled> calls) throws SQLException;
}
