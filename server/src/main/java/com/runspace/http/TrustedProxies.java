package com.runspace.http;

import io.vertx.core.MultiMap;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The proxies in front of this server, by address: only they are believed when they name the client
 * for whom they call. Anyone else could write any address into those headers.
 *
 * @param networks where the proxies are
 */
public record TrustedProxies(List<Network> networks) {
  /** Nobody is believed. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  private static final int ADDRESS_BITS = 128;
  private static final int IPV4_BITS = 32;
  private static final long IPV4_PREFIX = 0xffff_0000_0000L;

  public TrustedProxies {
    networks = List.copyOf(networks);
  }

  /**
   * The addresses that share their first bits with one; IPv4 counts as the part of IPv6 that maps
   * it (RFC 4291, section 2.5.5.2).
   */
  public record Network(long high, long low, int bits) {
    /**
     * Reads {@code 10.0.0.0/8}, {@code ::1} and the like.
     *
     * @throws IllegalArgumentException when it is no address or network
     */
    public static Network of(String text) {
      int slash = text.indexOf('/');
      String literal = slash < 0 ? text : text.substring(0, slash);
      Network address = address(literal);
      if (address == null) {
        throw new IllegalArgumentException("'" + text + "' is no address and no network");
      }
      if (slash < 0) {
        return address;
      }
      int width = literal.indexOf(':') < 0 ? IPV4_BITS : ADDRESS_BITS;
      String digits = text.substring(slash + 1);
      if (!digits.matches("\\d{1,3}") || Integer.parseInt(digits) > width) {
        throw new IllegalArgumentException(
            "'" + text + "' must end in a number of bits up to " + width);
      }
      int bits = Integer.parseInt(digits) + ADDRESS_BITS - width;
      return new Network(address.high, address.low, bits);
    }

    /** A single address; null when the text is none. Never asks a name server. */
    static @Nullable Network address(String literal) {
      byte[] bytes;
      try {
        bytes = InetAddress.ofLiteral(literal).getAddress();
      } catch (IllegalArgumentException noAddress) {
        return null;
      }
      long first = number(bytes, 0, bytes.length / 2);
      long second = number(bytes, bytes.length / 2, bytes.length);
      return bytes.length == 4
          ? new Network(0, IPV4_PREFIX | (first << 16) | second, ADDRESS_BITS)
          : new Network(first, second, ADDRESS_BITS);
    }

    private static long number(byte[] bytes, int from, int to) {
      long number = 0;
      for (int i = from; i < to; i++) {
        number = (number << 8) | (bytes[i] & 0xff);
      }
      return number;
    }

    boolean holds(Network address) {
      return ((high ^ address.high) & mask(bits)) == 0
          && ((low ^ address.low) & mask(bits - 64)) == 0;
    }

    private static long mask(int bits) {
      return bits <= 0 ? 0 : -1L << (64 - Math.min(bits, 64));
    }
  }

  private boolean trusts(@Nullable Network address) {
    if (address != null) {
      for (Network network : networks) {
        if (network.holds(address)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Who called: the right-most address that is none of our proxies. Each proxy appends the address
   * it was called from, so what stands to the left of that one is hearsay.
   *
   * @param peer the address at the other end of the connection
   */
  String client(String peer, MultiMap headers) {
    if (networks.isEmpty() || !trusts(Network.address(peer))) {
      return peer;
    }
    String client = peer;
    List<String> hops = hops(headers);
    for (int i = hops.size() - 1; i >= 0; i--) {
      String hop = hops.get(i);
      Network address = Network.address(hop);
      if (address == null) {
        // Hidden or no address at all: the proxy that said so is all that is known.
        return client;
      }
      client = hop;
      if (!trusts(address)) {
        return client;
      }
    }
    return client;
  }

  /** The addresses that were written down on the way, the client's first. */
  private static List<String> hops(MultiMap headers) {
    List<String> hops = new ArrayList<>();
    List<String> lines = headers.getAll("x-forwarded-for");
    if (!lines.isEmpty()) {
      lines.forEach(line -> hops.addAll(Arrays.asList(line.split(",", -1))));
    } else {
      for (String line : headers.getAll("forwarded")) {
        for (String element : line.split(",", -1)) {
          hops.add(forParameter(element));
        }
      }
    }
    hops.replaceAll(TrustedProxies::withoutPort);
    return hops;
  }

  /** The {@code for} of a forwarded-element (RFC 7239, section 4); empty when there is none. */
  private static String forParameter(String element) {
    for (String pair : element.split(";", -1)) {
      String parameter = pair.strip();
      if (parameter.regionMatches(true, 0, "for=", 0, 4)) {
        String value = parameter.substring(4);
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
      }
    }
    return "";
  }

  /** {@code 192.0.2.1:80} and {@code [2001:db8::1]:80} without their ports and brackets. */
  private static String withoutPort(String hop) {
    String text = hop.strip();
    int bracket = text.indexOf(']');
    if (text.startsWith("[") && bracket > 0) {
      return text.substring(1, bracket);
    }
    int colon = text.indexOf(':');
    return colon > 0 && colon == text.lastIndexOf(':') ? text.substring(0, colon) : text;
  }
}
