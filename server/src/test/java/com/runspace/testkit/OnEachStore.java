package com.runspace.testkit;

import com.runspace.base.Db;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A test of which each method is run on each kind of store, on a new one every time. */
@ParameterizedClass
@EnumSource(Store.class)
public abstract class OnEachStore {
  /** Is set to each kind in turn. */
  @Parameter protected Store store = Store.SQLITE;

  @TempDir protected Path folder;
  protected Db db;

  /** Before the test's own beginning; also to open the same store again. */
  @BeforeEach
  protected final void openStore() throws SQLException {
    db = store.open(folder);
  }

  @AfterEach
  protected final void closeStore() {
    db.close();
  }
}
