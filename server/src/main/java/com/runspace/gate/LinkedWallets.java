package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which wallets belong to whom. Owned here because the gate is who needs to know. Both may block;
 * an exception means that it cannot be told now.
 */
public interface LinkedWallets {
  /**
   * A wallet that belongs to an account.
   *
   * @param chain the CAIP-2 chain of a contract wallet; empty for a wallet that is a key
   */
  record Linked(AccountId account, Address address, String chain) {}

  /** All that are linked now. */
  Collection<Linked> all();

  /** Those of one account. */
  Collection<Linked> of(AccountId account);

  /** The linked wallets as they were last asked for, in memory. Safe to share between threads. */
  final class Known {
    private final LinkedWallets linked;
    private final Map<AccountId, List<Linked>> wallets = new ConcurrentHashMap<>();

    Known(LinkedWallets linked) {
      this.linked = linked;
    }

    /** Asks for all; alone, or an older answer could overwrite a newer one. Blocks. */
    synchronized void learn() {
      Map<AccountId, List<Linked>> all = new HashMap<>();
      for (Linked each : linked.all()) {
        all.computeIfAbsent(each.account(), _ -> new ArrayList<>()).add(each);
      }
      wallets.keySet().retainAll(all.keySet());
      wallets.putAll(all);
    }

    /** Asks for those of one account. Blocks. */
    synchronized void learn(AccountId account) {
      Collection<Linked> mine = linked.of(account);
      if (mine.isEmpty()) {
        wallets.remove(account);
      } else {
        wallets.put(account, List.copyOf(mine));
      }
    }

    Set<AccountId> accounts() {
      return Set.copyOf(wallets.keySet());
    }

    List<Linked> of(AccountId account) {
      return wallets.getOrDefault(account, List.of());
    }

    List<Linked> all() {
      return wallets.values().stream().flatMap(List::stream).toList();
    }

    /** An address that is linked as a key counts as that, and not once more as a contract. */
    List<Linked> countable(List<Linked> some) {
      Set<Address> keys = new HashSet<>();
      if (some.stream().anyMatch(each -> !each.chain().isEmpty())) {
        all().stream()
            .filter(each -> each.chain().isEmpty())
            .forEach(each -> keys.add(each.address()));
      }
      return some.stream()
          .filter(each -> each.chain().isEmpty() || !keys.contains(each.address()))
          .toList();
    }
  }
}
