package com.runspace.cluster;

import com.runspace.base.Share;
import com.runspace.cluster.LeaseStore.Subject;

/** A part of a limit, of which a test says how much is in use. For one thread. */
final class ManualShare implements Share {
  private final Subject subject;
  private final long limit;
  long amount;

  /** Used for good. */
  long used;

  /** In use beyond that. */
  long held;

  long usedElsewhere;

  ManualShare(Subject subject, long limit) {
    this.subject = subject;
    this.limit = limit;
  }

  @Override
  public String subject() {
    return subject.name();
  }

  @Override
  public long day() {
    return subject.day();
  }

  @Override
  public long limit() {
    return limit;
  }

  @Override
  public long amount() {
    return amount;
  }

  @Override
  public long used() {
    return used;
  }

  @Override
  public void grow(long by) {
    amount += by;
  }

  @Override
  public void told(long elsewhere) {
    usedElsewhere = elsewhere;
  }

  @Override
  public long shrink(long keep) {
    amount = Math.min(amount, used + held + keep);
    return amount;
  }
}
