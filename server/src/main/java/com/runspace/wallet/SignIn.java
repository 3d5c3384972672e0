package com.runspace.wallet;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import com.runspace.wallet.Signatures.Invalid;
import com.runspace.wallet.Signatures.Valid;
import com.runspace.wallet.WalletTable.Change;
import com.runspace.wallet.WalletTable.Signer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Proof that somebody holds a wallet: a challenge, and the check of what comes back. The server
 * writes the message both times, so nothing that a browser says about it is believed. Nothing is
 * kept until a signature is good. Safe to share between threads.
 */
public final class SignIn {
  private static final int KEY_BYTES = 32;

  /**
   * Who asks.
   *
   * @param browser the secret of the cookie that stands before a session
   * @param session null when nobody is signed in
   * @param agent what the browser calls itself
   */
  public record Visitor(String browser, @Nullable Session session, String agent) {}

  /**
   * A wish to sign.
   *
   * @param chain {@code eip155} or {@code solana}, or one of them with a reference as in CAIP-2
   * @param address null when the wallet will tell, which Solana's do
   */
  public record Ask(String chain, @Nullable String address, String purpose) {}

  /**
   * What to sign.
   *
   * @param id to be sent back with the signature; also the nonce in the message
   * @param message null without an address
   * @param input what a wallet needs that writes the message by itself
   */
  public record Challenge(String id, boolean isEvm, @Nullable String message, SignInText input)
      implements Asked {}

  /**
   * A signature, as it came.
   *
   * @param signature {@code 0x} and hex digits for EVM, Base64 or Base58 for Solana
   * @param kind how a Solana wallet signed; null for the message itself
   * @param signed what a Solana wallet says it signed, as Base64; null when it does not say
   * @param message a message of EIP-4361 that a program wrote by itself; null for ours
   */
  public record Reply(
      String id,
      String chain,
      String address,
      String purpose,
      String signature,
      @Nullable String kind,
      @Nullable String signed,
      @Nullable String message) {}

  /** What came of a wish to sign. */
  public sealed interface Asked {}

  /** What came of a signature. */
  public sealed interface Outcome {}

  /** Signed in, with a session that is new. */
  public record SignedIn(Session session, Secret cookie, Wallet wallet) implements Outcome {}

  /** The wallet belongs to the session's account now. */
  public record Linked(Session session, Address address) implements Outcome {}

  /** The session counts as confirmed. */
  public record Confirmed(Session session, Address address) implements Outcome {}

  /** Nothing happened. The message is for people. */
  public record Refused(Reason reason, String message) implements Asked, Outcome {}

  /** Why nothing happened. */
  public enum Reason {
    /** Something in the request is not as it must be. */
    MALFORMED,
    /** The challenge is not ours, not this browser's, for something else, expired or used. */
    CHALLENGE,
    SIGNATURE,
    /** This needs a session. */
    NOT_SIGNED_IN,
    /** This needs a session with a fresh signature. */
    NOT_CONFIRMED,
    /** The wallet belongs to another account. */
    ELSEWHERE,
    /** The account has as many wallets as it may. */
    FULL,
    /** The account has linked too many wallets today. */
    TOO_OFTEN,
    /** The chain cannot be asked just now. */
    UNAVAILABLE
  }

  /** What was asked for, read and found to be allowed. */
  private record Wish(Purpose purpose, String chain, Nonces.Use use, AccountId account) {}

  private final WalletSettings settings;
  private final Accounts accounts;
  private final Sessions sessions;
  private final Signatures signatures;
  private final Nonces nonces;

  /**
   * Ready to sign people in.
   *
   * @throws SQLException when the store cannot give the key of the nonces
   */
  public SignIn(
      WalletSettings settings,
      Accounts accounts,
      Sessions sessions,
      ContractWallets contracts,
      Time time,
      Randomness random)
      throws SQLException {
    this.settings = settings;
    this.accounts = accounts;
    this.sessions = sessions;
    this.signatures = new Signatures(contracts, time);
    byte[] fresh = new byte[KEY_BYTES];
    random.fill(fresh);
    String key = accounts.table().secret("nonce", HexFormat.of().formatHex(fresh));
    this.nonces = new Nonces(HexFormat.of().parseHex(key), time, random);
  }

  /** What a wallet is to sign. Asks and keeps nothing, and is the same for every address. */
  public Asked challenge(Ask ask, Visitor visitor) {
    try {
      Wish wish = wish(ask.chain(), ask.purpose(), visitor);
      boolean isEvm = wish.chain().startsWith(Namespace.EIP155.caip());
      if (ask.address() == null && isEvm) {
        throw malformed("An EVM wallet has to say its address.");
      }
      Address address = ask.address() == null ? null : address(ask.address(), wish.chain());
      String nonce = nonces.make(wish.use());
      Instant made = nonces.made(nonce, wish.use()).orElse(accounts.now());
      SignInText text = text(wish, nonce, made);
      return new Challenge(nonce, isEvm, address == null ? null : text.of(address), text);
    } catch (Refusal refusal) {
      return refusal.refused;
    }
  }

  /**
   * Checks a signature and does what it was given for. Blocks: on the store, and on a chain when a
   * contract has to be asked.
   *
   * @throws SQLException when the store fails; then nothing happened
   */
  public Outcome verify(Reply reply, Visitor visitor) throws SQLException {
    try {
      Wish wish = wish(reply.chain(), reply.purpose(), visitor);
      Address address = address(reply.address(), wish.chain());
      Optional<Instant> made = nonces.made(reply.id(), wish.use());
      // Looked up before a chain is asked, which costs; what decides is the insertion later on.
      if (made.isEmpty() || accounts.table().isUsed(reply.id())) {
        throw stale();
      }
      Signer signer = signer(reply, wish, address, made.get());
      return switch (wish.purpose()) {
        case SIGN_IN -> signIn(reply.id(), signer, visitor);
        case LINK -> link(reply.id(), signer, session(visitor));
        case CONFIRM -> confirm(reply.id(), signer, session(visitor));
      };
    } catch (Refusal refusal) {
      return refusal.refused;
    }
  }

  private Wish wish(String chain, String purpose, Visitor visitor) {
    try {
      Purpose wanted = Purpose.of(purpose);
      String caip = settings.chain(chain);
      AccountId account = new AccountId("-");
      if (wanted != Purpose.SIGN_IN) {
        account = session(visitor).account();
      }
      if (wanted == Purpose.LINK && !sessions.isConfirmed(session(visitor))) {
        throw new Refusal(
            Reason.NOT_CONFIRMED, "Sign with a wallet of this account first, then link another.");
      }
      // A signature that confirms one session does not confirm another of the same account.
      String whose = wanted == Purpose.SIGN_IN ? "" : account.value() + " " + session(visitor).id();
      return new Wish(
          wanted, caip, new Nonces.Use(wanted, caip, visitor.browser(), whose), account);
    } catch (IllegalArgumentException wrong) {
      throw malformed(String.valueOf(wrong.getMessage()));
    }
  }

  private static Session session(Visitor visitor) {
    if (visitor.session() == null) {
      throw new Refusal(Reason.NOT_SIGNED_IN, "Sign in first.");
    }
    return visitor.session();
  }

  private Address address(String text, String chain) {
    Namespace namespace =
        chain.startsWith(Namespace.EIP155.caip()) ? Namespace.EIP155 : Namespace.SOLANA;
    Address address;
    try {
      address = Address.parse(namespace, text);
    } catch (IllegalArgumentException none) {
      throw malformed(String.valueOf(none.getMessage()));
    }
    if (settings.isRefused(address)) {
      throw malformed("Nobody can sign in with this address.");
    }
    return address;
  }

  private SignInText text(Wish wish, String nonce, Instant made) {
    String chainId =
        wish.chain().startsWith(Namespace.EIP155.caip())
            ? wish.chain().substring(wish.chain().indexOf(':') + 1)
            : settings.solanaNetwork();
    return new SignInText(
        settings.domain(),
        wish.purpose().statement(wish.account()),
        settings.publicUrl(),
        chainId,
        nonce,
        made,
        made.plus(Nonces.LIFE),
        wish.purpose().requestId());
  }

  private Signer signer(Reply reply, Wish wish, Address address, Instant made) {
    String own = reply.message();
    byte[] text =
        own == null
            ? text(wish, reply.id(), made).bytes(address)
            : ownText(own, reply, wish, address);
    Signatures.Verdict verdict;
    try {
      verdict =
          address.namespace() == Namespace.EIP155
              ? signatures.evm(address, wish.chain(), text, reply.signature())
              : Signatures.solana(address, reply.kind(), text, reply.signature(), reply.signed());
    } catch (IllegalArgumentException wrong) {
      throw malformed(String.valueOf(wrong.getMessage()));
    }
    return switch (verdict) {
      case Valid valid -> valid.signer();
      case Invalid invalid -> throw new Refusal(Reason.SIGNATURE, invalid.why());
      case Signatures.Unknown _ ->
          throw new Refusal(
              Reason.UNAVAILABLE, "The wallet's contract cannot be asked just now. Try again.");
    };
  }

  /** A text that a program wrote: everything that it says must be as ours would be. */
  private byte[] ownText(String message, Reply reply, Wish wish, Address address) {
    if (wish.purpose() != Purpose.SIGN_IN || address.namespace() != Namespace.EIP155) {
      throw malformed("A message of one's own is for signing in with an EVM wallet alone.");
    }
    try {
      Instant now = accounts.now();
      SiweMessage.read(message).mustBe(text(wish, reply.id(), now), address, now);
    } catch (IllegalArgumentException wrong) {
      throw malformed(String.valueOf(wrong.getMessage()));
    }
    return message.getBytes(StandardCharsets.UTF_8);
  }

  private Outcome signIn(String nonce, Signer signer, Visitor visitor) throws SQLException {
    Secret cookie = sessions.newCookie();
    Session[] made = new Session[1];
    boolean kept = false;
    try {
      Optional<Wallet> wallet =
          accounts
              .table()
              .enter(
                  nonce,
                  accounts.newcomer(signer),
                  found -> {
                    WalletTable.SessionRow row =
                        sessions.draft(
                            cookie,
                            found.account(),
                            signer.address().shown(),
                            !signer.chain().isEmpty(),
                            visitor.agent());
                    made[0] = row.session();
                    return row;
                  });
      if (wallet.isEmpty()) {
        throw stale();
      }
      kept = true;
      sessions.trim(wallet.get().account());
      accounts.moved(wallet.get().account());
      return new SignedIn(made[0], cookie, wallet.get());
    } finally {
      if (!kept) {
        sessions.forget(cookie);
      }
    }
  }

  private Outcome link(String nonce, Signer signer, Session session) throws SQLException {
    return switch (accounts.link(nonce, session.account(), signer)) {
      case DONE, ALREADY -> new Linked(session, signer.address());
      case ELSEWHERE ->
          new Refused(
              Reason.ELSEWHERE,
              "This wallet belongs to another account. Sign in with it there and unlink it, or go"
                  + " on with that account.");
      case FULL ->
          new Refused(
              Reason.FULL, "An account can have " + Accounts.WALLETS_MAX + " wallets. Unlink one.");
      case TOO_OFTEN ->
          new Refused(Reason.TOO_OFTEN, "Five wallets were linked in a day. Try again tomorrow.");
      case REPLAYED, LAST -> throw stale();
    };
  }

  private Outcome confirm(String nonce, Signer signer, Session session) throws SQLException {
    Change change = accounts.table().confirm(nonce, signer, session, accounts.now());
    return switch (change) {
      case DONE -> {
        sessions.confirmed(session);
        yield new Confirmed(session, signer.address());
      }
      case ELSEWHERE ->
          new Refused(Reason.SIGNATURE, "Sign with a wallet that is linked to this account.");
      default -> throw stale();
    };
  }

  private static Refusal malformed(String message) {
    return new Refusal(Reason.MALFORMED, message);
  }

  private static Refusal stale() {
    return new Refusal(
        Reason.CHALLENGE,
        "This challenge has expired, was used, or is not of this browser. Ask for a new one.");
  }

  /** Carries a refusal to the end. Made without a stack trace: it is not a bug. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Refused refused;

    Refusal(Reason reason, String message) {
      super(message, null, false, false);
      this.refused = new Refused(reason, message);
    }
  }
}
