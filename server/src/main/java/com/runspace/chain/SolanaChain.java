package com.runspace.chain;

import com.runspace.chain.RpcFault.Kind;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Solana, or a cluster of its kind. Token accounts are read as bytes, in which amounts are whole
 * numbers and the owner stands beside them: what nodes display may be scaled, and an account can
 * change hands without a transfer. Only finalized state is read. Every call blocks. Safe to share
 * between threads.
 */
public final class SolanaChain {
  /** The most accounts that a node reads at one slot. */
  public static final int ACCOUNTS_AT_ONCE = 100;

  private static final String TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
  private static final String TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

  // The layout of the token programs: a mint, an account, and for those with extensions a byte
  // behind the length of an account that tells which it is.
  private static final int MINT_LENGTH = 82;
  private static final int MINT_DECIMALS = 44;
  private static final int MINT_INITIALIZED = 45;
  private static final int ACCOUNT_LENGTH = 165;
  private static final int ACCOUNT_OWNER = 32;
  private static final int ACCOUNT_AMOUNT = 64;
  private static final int ACCOUNT_STATE = 108;
  private static final int FROZEN = 2;
  private static final int KIND = 165;
  private static final int KIND_MINT = 1;
  private static final int KIND_ACCOUNT = 2;
  private static final int ADDRESS_LENGTH = 32;

  private static final String HOW = "{\"encoding\":\"base64\",\"commitment\":\"finalized\"}";

  /**
   * A token account.
   *
   * @param amount in the token's smallest unit, never more than 64 bits
   * @param frozen whether its tokens cannot be moved
   */
  public record TokenAccount(Address address, Address owner, BigInteger amount, boolean frozen) {}

  /**
   * Token accounts as they were at one slot. Those that were asked for and are none, or none of
   * this mint any more, are left out.
   */
  public record Reading(long slot, List<TokenAccount> accounts) {}

  /**
   * A transaction that touched an account.
   *
   * @param at null when the node does not know
   */
  public record Entry(String signature, long slot, @Nullable Instant at, boolean failed) {}

  private final JsonRpc rpc;

  public SolanaChain(JsonRpc rpc) {
    this.rpc = rpc;
  }

  public JsonRpc rpc() {
    return rpc;
  }

  /** The chain as one of its providers sees it, to compare two of them. */
  public SolanaChain only(int provider) {
    return new SolanaChain(rpc.only(provider));
  }

  /** The hash that names the cluster; its CAIP-2 reference is the first 32 characters. */
  public String genesisHash() throws RpcFault {
    return read(rpc.call("getGenesisHash", "[]"), Json::text);
  }

  /** The newest finalized slot. */
  public long slot() throws RpcFault {
    return read(rpc.call("getSlot", "[{\"commitment\":\"finalized\"}]"), Json::number);
  }

  /** How many decimals the tokens of a mint have; a fault of kind OTHER when it is no mint. */
  public int decimals(Address mint) throws RpcFault {
    Json answer = rpc.call("getAccountInfo", "[\"" + mint.text() + "\"," + HOW + "]");
    byte[] data =
        read(
            answer,
            json -> {
              Json account = json.member("value");
              return account.isNull() ? null : tokenData(account);
            });
    boolean isMint =
        data != null
            && (data.length == MINT_LENGTH || (data.length > KIND && data[KIND] == KIND_MINT))
            && data[MINT_INITIALIZED] == 1;
    if (data == null || !isMint) {
      throw new RpcFault(Kind.OTHER, mint + " is no mint of a token");
    }
    return data[MINT_DECIMALS] & 0xff;
  }

  /** All accounts in which an owner holds tokens of a mint, of either token program. */
  public Reading accountsOf(Address owner, Address mint) throws RpcFault {
    String params = "[\"%s\",{\"mint\":\"%s\"},%s]".formatted(owner.text(), mint.text(), HOW);
    Json answer = rpc.call("getTokenAccountsByOwner", params);
    return read(
        answer,
        json -> {
          List<TokenAccount> accounts = new ArrayList<>();
          for (Json item : json.member("value").items()) {
            Address address = Address.parse(Namespace.SOLANA, item.member("pubkey").text());
            TokenAccount account = account(address, mint, item.member("account"));
            if (account != null && account.owner().equals(owner)) {
              accounts.add(account);
            }
          }
          return new Reading(slotOf(json), List.copyOf(accounts));
        });
  }

  /**
   * Reads token accounts again, all at one slot.
   *
   * @param accounts at most {@link #ACCOUNTS_AT_ONCE}
   */
  public Reading accounts(Collection<Address> accounts, Address mint) throws RpcFault {
    if (accounts.size() > ACCOUNTS_AT_ONCE) {
      throw new IllegalArgumentException("too many accounts for one slot");
    }
    List<Address> order = List.copyOf(accounts);
    String names =
        order.stream()
            .map(address -> "\"" + address.text() + "\"")
            .collect(Collectors.joining(",", "[", "]"));
    Json answer = rpc.call("getMultipleAccounts", "[" + names + "," + HOW + "]");
    return read(
        answer,
        json -> {
          List<Json> values = json.member("value").items();
          if (values.size() != order.size()) {
            throw new IllegalArgumentException("another number of accounts than was asked for");
          }
          List<TokenAccount> read = new ArrayList<>();
          for (int i = 0; i < values.size(); i++) {
            TokenAccount account = account(order.get(i), mint, values.get(i));
            if (account != null) {
              read.add(account);
            }
          }
          return new Reading(slotOf(json), List.copyOf(read));
        });
  }

  /**
   * The newest transactions that touched an account, the newest first.
   *
   * @param limit at most 1,000
   * @param before a signature; only older ones are told. Null for the newest
   */
  public List<Entry> history(Address account, int limit, @Nullable String before) throws RpcFault {
    String older = before == null ? "" : ",\"before\":\"" + before + "\"";
    String params =
        "[\"%s\",{\"limit\":%d,\"commitment\":\"finalized\"%s}]"
            .formatted(account.text(), limit, older);
    return read(
        rpc.call("getSignaturesForAddress", params),
        json -> json.items().stream().map(SolanaChain::entry).toList());
  }

  private static Entry entry(Json item) {
    String signature = item.member("signature").text();
    if (Base58.decode(signature, 64) == null) {
      throw new IllegalArgumentException("a signature is none");
    }
    Json at = item.find("blockTime");
    return new Entry(
        signature,
        item.member("slot").number(),
        at == null ? null : Instant.ofEpochSecond(at.number()),
        item.find("err") != null);
  }

  private static long slotOf(Json answer) {
    return answer.member("context").member("slot").number();
  }

  /** The bytes of an account of a token program; null for those of any other program. */
  private static byte @Nullable [] tokenData(Json account) {
    String program = account.member("owner").text();
    if (!program.equals(TOKEN) && !program.equals(TOKEN_2022)) {
      return null;
    }
    return Base64.getDecoder().decode(account.member("data").items().getFirst().text());
  }

  private static @Nullable TokenAccount account(Address address, Address mint, Json json) {
    byte[] data = json.isNull() ? null : tokenData(json);
    boolean isAccount =
        data != null
            && (data.length == ACCOUNT_LENGTH || (data.length > KIND && data[KIND] == KIND_ACCOUNT))
            && data[ACCOUNT_STATE] != 0;
    if (data == null || !isAccount || !addressAt(data, 0).equals(mint)) {
      return null;
    }
    byte[] amount = new byte[Long.BYTES];
    for (int i = 0; i < amount.length; i++) {
      amount[amount.length - 1 - i] = data[ACCOUNT_AMOUNT + i];
    }
    return new TokenAccount(
        address,
        addressAt(data, ACCOUNT_OWNER),
        new BigInteger(1, amount),
        data[ACCOUNT_STATE] == FROZEN);
  }

  private static Address addressAt(byte[] data, int from) {
    return Address.of(Arrays.copyOfRange(data, from, from + ADDRESS_LENGTH));
  }

  private interface Form<T extends @Nullable Object> {
    T of(Json json);
  }

  /** Reads an answer; one of another form than agreed is a fault of the provider. */
  private static <T extends @Nullable Object> T read(Json answer, Form<T> form) throws RpcFault {
    try {
      return form.of(answer);
    } catch (IllegalArgumentException | java.util.NoSuchElementException unreadable) {
      throw new RpcFault(
          Kind.OTHER, "an answer of another form: " + unreadable.getMessage(), unreadable);
    }
  }
}
