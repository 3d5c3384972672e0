package com.runspace.cluster;

import com.runspace.base.Day;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A store that answers as a test says, and remembers what it was asked. For one thread. */
final class ScriptedLeases implements LeaseStore {
  final List<Wish> wishes = new ArrayList<>();
  final List<Day> forgotten = new ArrayList<>();
  int renewals;

  /** What becomes of wishes and renewals instead. */
  @Nullable SQLException fault;

  /** What happens elsewhere while the store is asked. */
  Runnable meanwhile = () -> {};

  /** At first everybody gets what he needs. */
  Function<Wish, Outcome> rule = wish -> new Outcome(wish.least(), 0, true);

  Wish last() {
    return wishes.getLast();
  }

  private void ask() throws SQLException {
    meanwhile.run();
    SQLException failed = fault;
    if (failed != null) {
      throw failed;
    }
  }

  @Override
  public List<Outcome> settle(List<Wish> asked) throws SQLException {
    wishes.addAll(asked);
    ask();
    return asked.stream().map(rule).toList();
  }

  @Override
  public void renew() throws SQLException {
    renewals++;
    ask();
  }

  @Override
  public void forgetBefore(Day day) {
    forgotten.add(day);
  }
}
