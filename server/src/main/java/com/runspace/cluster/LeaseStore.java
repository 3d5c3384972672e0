package com.runspace.cluster;

import com.runspace.base.Day;
import java.sql.SQLException;
import java.util.List;

/**
 * Where the store keeps what each node has of each shared limit, as one node uses it. All of it
 * blocks, and each call is one transaction.
 */
interface LeaseStore {
  /** A newer process goes on in this node's place, or the node was given up. */
  final class Fenced extends SQLException {
    private static final long serialVersionUID = 1L;

    Fenced(String message) {
      super(message);
    }
  }

  /** A limit that nodes share; {@code day} is an epoch day, 0 where parts come free again. */
  record Subject(String name, long day) implements Comparable<Subject> {
    @Override
    public int compareTo(Subject other) {
      int byName = name.compareTo(other.name);
      return byName == 0 ? Long.compare(day, other.day) : byName;
    }
  }

  /**
   * What a node has of a limit, and what it would like.
   *
   * @param limit what all nodes may have now
   * @param have what this node may use at the most from now on; never more than it had
   * @param used what of it is used for good
   * @param least what it needs beyond {@code have}; with less the wish is not met
   * @param more what it would like beyond it
   * @param number of the wish; a higher one than any before, over restarts of the node too
   * @param wanted whether another node waits for what this one gives back
   */
  record Wish(
      Subject subject,
      long limit,
      long have,
      long used,
      long least,
      long more,
      long number,
      boolean wanted) {}

  /**
   * What became of a wish.
   *
   * @param given what this node has beyond {@code have}
   * @param usedElsewhere what all other nodes have used for good, as far as they have said
   * @param met whether the node has what it needs; if not, the others were asked to give back
   */
  record Outcome(long given, long usedElsewhere, boolean met) {}

  /**
   * Writes down what the node has, gives it more, and renews its leases. Wishes come in the order
   * of their subjects, so that no two nodes wait for each other.
   *
   * @throws SQLException when nothing is known of what became of them
   * @throws Fenced when they were refused
   */
  List<Outcome> settle(List<Wish> wishes) throws SQLException;

  /** Renews the leases of this node. */
  void renew() throws SQLException;

  /** Forgets limits of days before this one that are over by the clock of the store too. */
  void forgetBefore(Day day) throws SQLException;
}
