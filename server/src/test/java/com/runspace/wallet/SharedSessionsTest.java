package com.runspace.wallet;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.cluster.Announcements;
import com.runspace.testkit.Heard;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Postgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** People who meet now this node and now that one, on one real PostgreSQL. */
@Timeout(60)
class SharedSessionsTest {
  private static final AccountId ACCOUNT = new AccountId("acc");

  private final ManualTime time = ManualTime.at("2026-11-23T12:00:00Z");
  private final String url = Postgres.freshDatabase();
  private final List<AutoCloseable> opened = new ArrayList<>();

  private Sessions node() throws SQLException {
    Db db = Db.postgres(url);
    Sessions sessions = new Sessions(db, time, Randomness.secure());
    Announcements news =
        new Announcements(db, Map.of("session", Heard.by(sessions::heard, sessions::resync)));
    news.start();
    Heard.await("hearing", news::isHearing);
    opened.add(db);
    opened.add(news);
    return sessions;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  @Test
  void whoSignsInOnOneNodeIsSignedInOnTheOtherAndSoForSigningOut() throws Exception {
    Sessions one = node();
    Sessions two = node();
    Sessions.Opened session = one.openLocal(ACCOUNT, "browser");
    String cookie = session.cookie().reveal();
    Heard.await("the session", () -> two.find(cookie).isPresent());
    assertThat(two.end(ACCOUNT, session.session().id())).isTrue();
    Heard.await("its end", () -> one.find(cookie).isEmpty());
    one.save();
    two.resync();
    assertThat(one.find(cookie)).isEmpty();
    assertThat(two.find(cookie)).isEmpty();
  }

  @Test
  void aSessionInUseOnOneNodeIsNotIdleOnAnother() throws Exception {
    Sessions one = node();
    Sessions two = node();
    String cookie = one.openLocal(ACCOUNT, "browser").cookie().reveal();
    Heard.await("the session", () -> two.find(cookie).isPresent());
    for (int hour = 0; hour < 60; hour++) {
      time.advance(Duration.ofHours(1));
      assertThat(two.find(cookie)).isPresent();
      two.save();
      one.save();
    }
    assertThat(one.find(cookie)).as("seen on the other node").isPresent();
    time.advance(Duration.ofHours(25));
    one.save();
    two.save();
    assertThat(one.find(cookie)).isEmpty();
    assertThat(two.find(cookie)).isEmpty();
  }

  @Test
  void whatWasMissedIsMadeUpFor() throws Exception {
    Sessions one = node();
    Sessions.Opened old = one.openLocal(ACCOUNT, "old");
    Db db = Db.postgres(url);
    opened.add(db);
    Sessions deaf = new Sessions(db, time, Randomness.secure());
    one.end(ACCOUNT, old.session().id());
    Sessions.Opened fresh = one.openLocal(ACCOUNT, "fresh");
    assertThat(deaf.find(old.cookie().reveal())).isPresent();
    deaf.resync();
    assertThat(deaf.find(old.cookie().reveal())).isEmpty();
    assertThat(deaf.find(fresh.cookie().reveal())).isPresent();
  }
}
