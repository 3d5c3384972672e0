package com.runspace.web;

import com.runspace.base.Time;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How often one address may ask. Each has a bucket that is full at first and fills again steadily.
 * Who has IPv6 has a whole network of addresses, so there the first 64 bits count (RFC 6177).
 *
 * <p>Memory is bounded: buckets that are full again are forgotten, and when there are too many
 * others, new addresses share one. Safe to share between threads.
 */
public final class AddressLimits {
  private static final int ADDRESSES_MAX = 50_000;
  private static final int IPV6_NETWORK_GROUPS = 4;
  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final String CROWD = "";

  private final Time time;
  private final long burstNanos;
  private final long eachNanos;

  /** The moment at which the bucket of each address will be full, in monotonic nanoseconds. */
  private final ConcurrentMap<String, Long> fullAt = new ConcurrentHashMap<>();

  private final AtomicLong sweptNanos;

  /**
   * So many in a minute, and as many at once.
   *
   * @param perMinute at least 1
   */
  public AddressLimits(Time time, int perMinute) {
    this.time = time;
    this.eachNanos = MINUTE_NANOS / perMinute;
    this.burstNanos = eachNanos * perMinute;
    this.sweptNanos = new AtomicLong(time.nanos() - SECOND_NANOS);
  }

  /**
   * Counts one request.
   *
   * @param address as {@code Exchange.clientAddress} tells it
   * @return 0 when it may pass, else the seconds to wait, for {@code retry-after}
   */
  public long take(String address) {
    long now = time.nanos();
    String network = network(address);
    if (fullAt.size() >= ADDRESSES_MAX && !fullAt.containsKey(network)) {
      sweep(now);
      network = fullAt.size() >= ADDRESSES_MAX ? CROWD : network;
    }
    long[] wait = {0};
    fullAt.compute(
        network,
        (_, before) -> {
          long from = before == null || before - now < 0 ? now : before;
          long after = from + eachNanos;
          if (after - now > burstNanos) {
            wait[0] = after - now - burstNanos;
            return from;
          }
          return after;
        });
    return Math.ceilDiv(wait[0], SECOND_NANOS);
  }

  /** Forgets full buckets; at most once a second, since all of them are looked at. */
  private void sweep(long now) {
    long last = sweptNanos.get();
    if (now - last >= SECOND_NANOS && sweptNanos.compareAndSet(last, now)) {
      fullAt.values().removeIf(full -> full - now <= 0);
    }
  }

  /** An address as it is, or the network of 64 bits that an IPv6 address is in. */
  static String network(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    String plain = address.split("%", 2)[0];
    if (plain.indexOf('.') >= 0) {
      // IPv4 in the form of IPv6.
      return plain.substring(plain.lastIndexOf(':') + 1);
    }
    int gap = plain.indexOf("::");
    String head = gap < 0 ? plain : plain.substring(0, gap);
    String[] groups = head.isEmpty() ? new String[0] : head.split(":", -1);
    String[] tail =
        gap < 0 || gap + 2 == plain.length()
            ? new String[0]
            : plain.substring(gap + 2).split(":", -1);
    int missing = 2 * IPV6_NETWORK_GROUPS - groups.length - tail.length;
    StringBuilder network = new StringBuilder();
    for (int i = 0; i < IPV6_NETWORK_GROUPS; i++) {
      String group = "0";
      if (i < groups.length) {
        group = groups[i];
      } else if (i >= groups.length + missing && i - groups.length - missing < tail.length) {
        group = tail[i - groups.length - missing];
      }
      network.append(group.replaceFirst("^0+(?=.)", "")).append(':');
    }
    return network.toString();
  }
}
