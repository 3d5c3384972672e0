package com.runspace;

import com.runspace.auth.Auth;
import com.runspace.auth.Visitors;
import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.EvmChain;
import com.runspace.chain.EvmChain.SignatureAnswer;
import com.runspace.chain.Namespace;
import com.runspace.cluster.NamedLock;
import com.runspace.config.Access;
import com.runspace.config.Settings;
import com.runspace.dashboard.SignInPage;
import com.runspace.gate.Entitlement;
import com.runspace.gate.Gate;
import com.runspace.gate.GateSettings;
import com.runspace.gate.LinkedWallets;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.Allowance;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.ContractWallets;
import com.runspace.wallet.OneTimeCodes;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.SignIn;
import com.runspace.wallet.Wallet;
import com.runspace.wallet.WalletSettings;
import com.runspace.web.Cookies;
import com.runspace.web.SameOrigin;
import com.runspace.web.Viewer;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All about people: who has signed in, which wallets are theirs, and what those unlock. */
final class Members implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Members.class.getName());

  private final Settings settings;
  private final URI publicUrl;
  private final Sessions sessions;
  private final Accounts accounts;
  private final Visitors visitors;
  private final OneTimeCodes codes;
  private final SameOrigin origin;
  private final NamedLock turn;
  private final @Nullable Gate gate;
  private final Auth.Shared doors;

  private Members(
      Books books,
      Db db,
      StoredKeyring keyring,
      Settings settings,
      URI publicUrl,
      MemoryBudget budget,
      Time time,
      Randomness random)
      throws SQLException {
    this.settings = settings;
    this.publicUrl = publicUrl;
    sessions = new Sessions(db, time, random);
    accounts = new Accounts(db, sessions, time, random, this::walletsMoved);
    turn = new NamedLock(db, "gate");
    gate =
        settings.access() instanceof Access.Gated gated
            ? Gate.open(
                db, time, random, gated.settings(), new Roll(accounts), turn::holds, turn::giveUp)
            : null;
    boolean encrypted = "https".equals(publicUrl.getScheme());
    visitors = new Visitors(sessions, new Cookies(encrypted), time, random);
    SignIn signIn =
        new SignIn(
            wallets(settings.access(), publicUrl), accounts, sessions, contracts(), time, random);
    codes = new OneTimeCodes(time, random);
    origin = new SameOrigin(publicUrl);
    Auth.Limits limits = new Auth.Limits(time);
    doors =
        new Auth.Shared(
            signIn, accounts, sessions, visitors, keyring, origin, budget, limits, time);
    if (gate != null) {
      books.grantBy(this::grant);
    }
  }

  /**
   * Opens what the store knows; null when nothing is kept. Blocks.
   *
   * @param publicUrl where browsers find the service
   */
  static @Nullable Members open(
      Books books,
      Settings settings,
      URI publicUrl,
      MemoryBudget budget,
      Time time,
      Randomness random)
      throws Wiring.StartFailed {
    Db db = books.db();
    StoredKeyring keyring = books.storedKeys();
    if (db == null || keyring == null) {
      return null;
    }
    try {
      return new Members(books, db, keyring, settings, publicUrl, budget, time, random);
    } catch (SQLException cannot) {
      throw new Wiring.StartFailed(String.valueOf(cannot.getMessage()));
    }
  }

  /** The tokens' own contracts can hold tokens and sign nothing. */
  private static WalletSettings wallets(Access access, URI publicUrl) {
    Set<Address> never = new HashSet<>();
    List<Long> chainIds = new ArrayList<>();
    String solana = "";
    if (access instanceof Access.Gated(GateSettings gate)) {
      never.addAll(gate.never());
      for (GateSettings.Token token : gate.tokens()) {
        never.add(token.address());
        if (token.address().namespace() == Namespace.SOLANA) {
          solana = token.chain();
        } else {
          chainIds.add(Long.parseLong(token.chain().substring(token.chain().indexOf(':') + 1)));
        }
      }
    }
    List<Long> ids = chainIds.stream().distinct().toList();
    return new WalletSettings(publicUrl.toString(), never, ids, solana);
  }

  private ContractWallets contracts() {
    Map<String, EvmChain> chains = gate == null ? Map.of() : gate.contractChains();
    return chains.isEmpty()
        ? ContractWallets.NONE
        : (chainId, wallet, hash, signature) -> {
          EvmChain chain = chains.get("eip155:" + chainId);
          return chain == null
              ? SignatureAnswer.INVALID
              : chain.isValidSignature(wallet, hash, signature);
        };
  }

  /** Says that an account has other wallets, or its owner signed in, on this node or another. */
  void walletsMoved(AccountId account) {
    Gate open = gate;
    if (open != null) {
      try {
        var _ = open.accountChanged(account);
      } catch (IllegalStateException later) {
        // What has become of the wallets is kept; the next round finds it.
        LOG.log(System.Logger.Level.WARNING, "gate: {0}", later.getMessage());
      }
    }
  }

  private Allowance.Grant grant(AccountId account) {
    Entitlement found = entitlement(account);
    return new Allowance.Grant(found.allowance(), found.tier());
  }

  /** What an account is entitled to; reads memory only. */
  Entitlement entitlement(AccountId account) {
    if (gate != null) {
      return gate.entitlement(account);
    }
    Nanos allowance = settings.local().allowance();
    return new Entitlement(account, "local", allowance, "", List.of(), null, null, null, null);
  }

  /**
   * Begins to read the chains.
   *
   * @throws Wiring.StartFailed when a chain is not the one of the settings
   */
  void start() throws Wiring.StartFailed {
    if (gate == null) {
      return;
    }
    Gate.StartCheck check = gate.check();
    check.warnings().forEach(warning -> LOG.log(System.Logger.Level.WARNING, "{0}", warning));
    if (!check.problems().isEmpty()) {
      throw new Wiring.StartFailed(String.join("; ", check.problems()));
    }
    gate.start();
  }

  /** What the doors of sign-in share. */
  Auth.Shared doors() {
    return doors;
  }

  OneTimeCodes codes() {
    return codes;
  }

  /** A link that signs the owner of this machine in, once. */
  Secret signInLink() {
    return new Secret(publicUrl + "/auth/open?code=" + codes.make().reveal());
  }

  /** Whether people sign in with a wallet. */
  boolean isGated() {
    return settings.access() instanceof Access.Gated;
  }

  /** Whether there is the built-in account of this machine. */
  boolean isLocal() {
    return settings.access() instanceof Access.Local;
  }

  /** Who looks at a page, for the frame around it; null when nobody is signed in. */
  @Nullable Viewer viewer(Exchange exchange) {
    return visitors.find(exchange).map(this::viewer).orElse(null);
  }

  /** Who looks on in a session; reads memory only. */
  Viewer viewer(Session session) {
    boolean isOperator = isOperator(session);
    if (session.wallet().isEmpty()) {
      return new Viewer("This machine", "This machine", isOperator);
    }
    return new Viewer(session.wallet(), Address.parse(session.wallet()).brief(), isOperator);
  }

  /** How people get in. */
  SignInPage.Entrance entrance() {
    return switch (settings.access()) {
      case Access.Local _ -> SignInPage.Entrance.LOCAL;
      case Access.Open _ -> SignInPage.Entrance.CLOSED;
      case Access.Gated _ -> SignInPage.Entrance.WALLET;
    };
  }

  /** Whether an operator's wallet has signed in; in local mode the owner is the operator. */
  private boolean isOperator(Session session) {
    if (!(settings.access() instanceof Access.Gated(GateSettings gated))) {
      return isLocal() && session.account().equals(Wiring.LOCAL);
    }
    return !session.wallet().isEmpty()
        && gated.operators().contains(Address.parse(session.wallet()));
  }

  /** How the chains are doing, a line each; empty without a gate. */
  List<String> chains() {
    return gate == null ? List.of() : gate.conditions().stream().map(MembersCommand::line).toList();
  }

  @Nullable Gate gate() {
    return gate;
  }

  Accounts accounts() {
    return accounts;
  }

  Sessions sessions() {
    return sessions;
  }

  Visitors visitors() {
    return visitors;
  }

  SameOrigin origin() {
    return origin;
  }

  URI publicUrl() {
    return publicUrl;
  }

  /** Writes when sessions were last seen. Blocks. */
  void save() {
    try {
      sessions.save();
    } catch (SQLException later) {
      LOG.log(System.Logger.Level.WARNING, "sessions: {0}", later.getMessage());
    }
  }

  @Override
  public void close() {
    if (gate != null) {
      gate.close();
    }
    // After the gate, so that no two nodes read at once.
    turn.close();
    save();
  }

  /** Tells the gate whose wallets are whose. */
  private record Roll(Accounts accounts) implements LinkedWallets {
    @Override
    public Collection<LinkedWallets.Linked> all() {
      try {
        return accounts.all().stream().map(Roll::linked).toList();
      } catch (SQLException unknown) {
        throw new IllegalStateException(unknown.getMessage(), unknown);
      }
    }

    @Override
    public Collection<LinkedWallets.Linked> of(AccountId account) {
      try {
        return accounts.wallets(Objects.requireNonNull(account)).stream()
            .map(Roll::linked)
            .toList();
      } catch (SQLException unknown) {
        throw new IllegalStateException(unknown.getMessage(), unknown);
      }
    }

    private static LinkedWallets.Linked linked(Wallet wallet) {
      return new LinkedWallets.Linked(wallet.account(), wallet.address(), wallet.chain());
    }
  }
}
