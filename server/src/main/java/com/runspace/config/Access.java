package com.runspace.config;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.chain.Address;
import com.runspace.gate.GateSettings;
import com.runspace.gate.GateSettings.Tier;
import com.runspace.gate.GateSettings.Token;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may use the service. */
public sealed interface Access {
  /** The owner of the machine, through its own account; for loopback addresses alone. */
  record Local() implements Access {}

  /** Whoever was given a key by the operator; each account has the allowance of local mode. */
  record Open() implements Access {}

  /** Whoever holds a token. */
  record Gated(GateSettings settings) implements Access {}

  /** Whether the service may be reached from other machines. */
  default boolean isGuarded() {
    return !(this instanceof Local);
  }

  /** Reads the block {@code gate}, which may also be the one word {@code open}. */
  static Access of(ConfigNode root) {
    if (!root.has("gate")) {
      return new Local();
    }
    if (!root.isBlock("gate")) {
      String word = root.text("gate", "");
      if (!word.equals("open")) {
        root.problem("gate", "must be the word open or a block with tokens, not '" + word + "'");
      }
      return new Open();
    }
    ConfigNode node = root.object("gate");
    List<@Nullable Token> tokens = new ArrayList<>();
    for (ConfigNode each : node.objects("tokens")) {
      tokens.add(token(each));
    }
    GateSettings settings =
        new GateSettings(
            node.duration("every", Duration.ofHours(1)),
            node.duration("freezeAfter", Duration.ofHours(6)),
            node.duration("grace", Duration.ofDays(1)),
            addresses(node, "never"),
            addresses(node, "operators"),
            tokens.stream().filter(Objects::nonNull).toList());
    if (settings.tokens().size() == tokens.size()) {
      settings.problems().forEach(problem -> root.problem("gate", problem));
    }
    return new Gated(settings);
  }

  private static Set<Address> addresses(ConfigNode node, String key) {
    Set<@Nullable Address> found = new HashSet<>();
    for (String text : node.texts(key, List.of())) {
      found.add(node.checked(key, () -> Address.parse(text)));
    }
    found.remove(null);
    Set<Address> addresses = new HashSet<>();
    found.forEach(each -> addresses.add(Objects.requireNonNull(each)));
    return addresses;
  }

  /** A token; null when it cannot be one, and then that is told already. */
  private static @Nullable Token token(ConfigNode node) {
    String text = node.text("address");
    Address address = text.isEmpty() ? null : node.checked("address", () -> Address.parse(text));
    int decimals = (int) node.integer("decimals", 18, 0, 255);
    List<Tier> tiers = new ArrayList<>();
    List<ConfigNode> nodes = node.objects("tiers");
    for (ConfigNode each : nodes) {
      Tier tier = tier(each, decimals);
      if (tier != null) {
        tiers.add(tier);
      }
    }
    String name = node.text("name");
    String chain = node.text("chain");
    List<Secret> rpc = rpc(node);
    Duration window = window(node);
    boolean contracts = node.flag("contractWallets", chain.startsWith("eip155:"));
    boolean rebasing = node.flag("rebasing", false);
    boolean whole = tiers.size() == nodes.size();
    return address == null || !whole
        ? null
        : new Token(name, chain, address, decimals, rpc, window, contracts, rebasing, tiers);
  }

  private static Duration window(ConfigNode node) {
    return node.text("window", "").equals("0")
        ? Duration.ZERO
        : node.duration("window", Duration.ofDays(1));
  }

  private static @Nullable Tier tier(ConfigNode node, int decimals) {
    String text = node.text("holds");
    BigInteger holds = node.checked("holds", () -> smallest(text, decimals));
    Nanos allowance = node.usd("allowance", Nanos.ZERO);
    String name = node.text("name");
    return holds == null ? null : new Tier(name, holds, allowance);
  }

  private static BigInteger smallest(String text, int decimals) {
    BigDecimal tokens;
    try {
      tokens = new BigDecimal(text);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "must be a number of tokens, not '" + text + "'", notANumber);
    }
    return GateSettings.smallest(tokens, decimals);
  }

  /**
   * Where the chain is asked. Addresses of providers often have a key in them, and such a one
   * stands in the file only as the name of a variable.
   */
  private static List<Secret> rpc(ConfigNode node) {
    List<Secret> urls = new ArrayList<>();
    for (String text : node.texts("rpc", List.of())) {
      Secret url = node.secretOr("rpc", text, Access::hasNoKey);
      if (url != null) {
        urls.add(url);
      }
    }
    return urls;
  }

  private static boolean hasNoKey(String text) {
    try {
      URI url = URI.create(text);
      String path = url.getRawPath();
      return url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawQuery() == null
          && (path == null || path.isEmpty() || path.equals("/"));
    } catch (IllegalArgumentException notAnAddress) {
      return false;
    }
  }
}
