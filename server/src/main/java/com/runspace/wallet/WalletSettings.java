package com.runspace.wallet;

import com.runspace.chain.Address;
import com.runspace.chain.Ed25519;
import com.runspace.chain.Namespace;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What wallets are shown and told, as the operator decides it; checked here.
 *
 * @param publicUrl where browsers find the service: scheme and host, a port where it is not the
 *     usual one, and nothing else. What a request says of its host is never asked
 * @param never addresses that cannot sign in: tokens, mints, and what the operator names; those of
 *     nobody are refused anyway
 * @param evmChainIds chains that a message may name, the first where nobody asks for another; empty
 *     for Ethereum's own
 * @param solanaChain in the form of CAIP-2; empty for the main network
 */
public record WalletSettings(
    String publicUrl, Set<Address> never, List<Long> evmChainIds, String solanaChain) {
  private static final String SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";

  /** What SIWS calls the clusters that it knows. */
  private static final Map<String, String> NETWORKS =
      Map.of(
          SOLANA,
          "mainnet",
          "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
          "devnet",
          "solana:4uhcVJyU9pJkvQyUS88uRDiswHScqcf9",
          "testnet");

  /** Precompiled contracts stand below; no one has their keys. */
  private static final int PRECOMPILES = 0x1ff;

  private static final Set<String> NOBODY =
      Set.of(
          "0x000000000000000000000000000000000000dead",
          "0xdead000000000000000042069420694206942069",
          "0xffffffffffffffffffffffffffffffffffffffff",
          "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
          "1nc1nerator11111111111111111111111111111111");

  public WalletSettings {
    publicUrl = origin(publicUrl);
    never = Set.copyOf(never);
    evmChainIds = evmChainIds.isEmpty() ? List.of(1L) : List.copyOf(evmChainIds);
    solanaChain = solanaChain.isEmpty() ? SOLANA : solanaChain;
    if (evmChainIds.stream().anyMatch(id -> id < 1)) {
      throw new IllegalArgumentException("a chain id is a number from 1");
    }
    if (!solanaChain.startsWith("solana:")) {
      throw new IllegalArgumentException("'" + solanaChain + "' is no chain of Solana");
    }
  }

  private static String origin(String text) {
    URI url;
    try {
      url = URI.create(text.strip());
    } catch (IllegalArgumentException notOne) {
      throw new IllegalArgumentException("the public URL is no URL", notOne);
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    boolean bare =
        url.getRawUserInfo() == null
            && url.getRawQuery() == null
            && url.getRawFragment() == null
            && (path.isEmpty() || path.equals("/"));
    if (!(scheme.equals("http") || scheme.equals("https")) || url.getHost() == null || !bare) {
      throw new IllegalArgumentException(
          "the public URL must be http or https, a host, a port where needed, and no path");
    }
    int usual = scheme.equals("https") ? 443 : 80;
    String port = url.getPort() < 0 || url.getPort() == usual ? "" : ":" + url.getPort();
    return scheme + "://" + url.getHost().toLowerCase(Locale.ROOT) + port;
  }

  /** Host, and port where there is one: what a message says who asks. */
  public String domain() {
    return publicUrl.substring(publicUrl.indexOf("//") + 2);
  }

  /** Whether browsers reach the service through TLS. */
  public boolean isSecure() {
    return publicUrl.startsWith("https:");
  }

  /** What a message calls the Solana cluster. */
  String solanaNetwork() {
    return NETWORKS.getOrDefault(solanaChain, "localnet");
  }

  /** Whether this address can be nobody's, or the operator does not want it. */
  boolean isRefused(Address address) {
    if (never.contains(address) || NOBODY.contains(address.text())) {
      return true;
    }
    return switch (address.namespace()) {
      case EIP155 -> isPrecompile(address.bytes());
      case SOLANA -> !Ed25519.isKey(address.bytes());
    };
  }

  private static boolean isPrecompile(byte[] bytes) {
    for (int i = 0; i < bytes.length - 2; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    int low = ((bytes[bytes.length - 2] & 0xff) << 8) | (bytes[bytes.length - 1] & 0xff);
    return low <= PRECOMPILES;
  }

  /**
   * The chain that somebody asks for, in the form of CAIP-2.
   *
   * @param asked {@code eip155} or {@code solana}, or one of them with a reference
   * @throws IllegalArgumentException with a sentence for people when it is none of ours
   */
  String chain(String asked) {
    if (asked.equals(Namespace.EIP155.caip())) {
      return asked + ":" + evmChainIds.getFirst();
    }
    boolean known =
        asked.equals(Namespace.SOLANA.caip())
            || asked.equals(solanaChain)
            || evmChainIds.stream().anyMatch(id -> asked.equals("eip155:" + id));
    if (!known) {
      throw new IllegalArgumentException("Sign-in is for eip155 and solana, on the chains here.");
    }
    return asked.equals(Namespace.SOLANA.caip()) ? solanaChain : asked;
  }
}
