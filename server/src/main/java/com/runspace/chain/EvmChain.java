package com.runspace.chain;

import com.runspace.chain.RpcFault.Kind;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/**
 * Any chain of Ethereum's kind. Balances are read at a block's hash (EIP-1898), since providers
 * spread questions over nodes that do not stand at the same height: a node that lacks the block
 * must say so. Every call blocks. Safe to share between threads.
 */
public final class EvmChain {
  private static final Duration SIGNATURE_LIMIT = Duration.ofSeconds(3);
  private static final int SIGNATURES_AT_ONCE = 4;
  private static final int SIGNATURE_BYTES_MAX = 8 << 10;

  /** Three million: a multi-signature wallet needs a tenth of it. */
  private static final String SIGNATURE_GAS = "0x2dc6c0";

  /**
   * A block.
   *
   * @param hash {@code 0x} and 64 hex digits
   */
  public record Block(long number, String hash, Instant at) {}

  /**
   * Tokens that moved.
   *
   * @param index of the log in its block
   * @param amount in the token's smallest unit
   */
  public record Transfer(long block, long index, Address from, Address to, BigInteger amount) {}

  /** What a contract says about a signature. */
  public enum SignatureAnswer {
    VALID,
    INVALID,
    /** It could not be asked; try later. */
    UNAVAILABLE
  }

  private final JsonRpc rpc;
  private final int confirmations;
  private final Semaphore signatures = new Semaphore(SIGNATURES_AT_ONCE);

  /**
   * Asks nothing yet.
   *
   * @param confirmations how many blocks below the newest one is taken for final where the node
   *     does not know which are
   */
  public EvmChain(JsonRpc rpc, int confirmations) {
    this.rpc = rpc;
    this.confirmations = confirmations;
  }

  public JsonRpc rpc() {
    return rpc;
  }

  /** The chain as one of its providers sees it, to compare two of them. */
  public EvmChain only(int provider) {
    return new EvmChain(rpc.only(provider), confirmations);
  }

  public long chainId() throws RpcFault {
    return read(() -> rpc.call("eth_chainId", "[]").smallQuantity());
  }

  /** How many decimals the token has, 0 to 255. */
  public int decimals(Address token) throws RpcFault {
    BigInteger decimals =
        read(() -> Abi.number(rpc.call("eth_call", call(token, Abi.decimals(), LATEST)).data()));
    if (decimals.bitLength() > 8) {
      throw new RpcFault(Kind.OTHER, "the token's decimals() is no number of decimals");
    }
    return decimals.intValue();
  }

  /** Whether there is a contract at this address now. */
  public boolean hasCode(Address address) throws RpcFault {
    String params = "[\"" + address.text() + "\",\"latest\"]";
    return read(() -> rpc.call("eth_getCode", params).data()).length > 0;
  }

  /** The newest block that will not be taken back. */
  public Block finalized() throws RpcFault {
    try {
      return block("\"finalized\"");
    } catch (RpcFault fault) {
      if (fault.kind() != Kind.OTHER) {
        throw fault;
      }
      long newest = read(() -> rpc.call("eth_blockNumber", "[]").smallQuantity());
      return block(Math.max(0, newest - confirmations));
    }
  }

  public Block block(long number) throws RpcFault {
    return block("\"0x" + Long.toHexString(number) + "\"");
  }

  private Block block(String which) throws RpcFault {
    Json block = rpc.call("eth_getBlockByNumber", "[" + which + ",false]");
    if (block.isNull()) {
      throw new RpcFault(Kind.OTHER, "the node does not have the block " + which);
    }
    return read(() -> blockOf(block));
  }

  private static Block blockOf(Json block) {
    String hash = block.member("hash").text();
    byte[] bytes = Hex.bytes(hash);
    if (bytes == null || bytes.length != 32) {
      throw new IllegalArgumentException("a block's hash is no hash");
    }
    return new Block(
        block.member("number").smallQuantity(),
        hash,
        Instant.ofEpochSecond(block.member("timestamp").smallQuantity()));
  }

  /**
   * What these addresses hold of a token at one block, in its smallest unit.
   *
   * @return for each address
   */
  public Map<Address, BigInteger> balances(Address token, Block at, Collection<Address> of)
      throws RpcFault {
    List<Address> order = List.copyOf(of);
    List<JsonRpc.Call> calls = new ArrayList<>(order.size());
    String block = "{\"blockHash\":\"" + at.hash() + "\",\"requireCanonical\":true}";
    for (Address holder : order) {
      calls.add(new JsonRpc.Call("eth_call", call(token, Abi.balanceOf(holder), block)));
    }
    List<Json> answers = rpc.batch(calls);
    Map<Address, BigInteger> balances = new LinkedHashMap<>();
    for (int i = 0; i < order.size(); i++) {
      Json answer = answers.get(i);
      balances.put(order.get(i), read(() -> Abi.number(answer.data())));
    }
    return balances;
  }

  /**
   * What one address held of a token at several blocks, in their order; zero at those before there
   * was a contract. A node that has no old state fails with kind {@code OTHER}.
   *
   * @param blocks their hashes
   */
  public List<BigInteger> balances(Address token, Address holder, List<String> blocks)
      throws RpcFault {
    List<JsonRpc.Call> calls = new ArrayList<>(blocks.size());
    for (String hash : blocks) {
      String block = "{\"blockHash\":\"" + hash + "\",\"requireCanonical\":true}";
      calls.add(new JsonRpc.Call("eth_call", call(token, Abi.balanceOf(holder), block)));
    }
    List<BigInteger> balances = new ArrayList<>(blocks.size());
    for (Json answer : rpc.batch(calls)) {
      balances.add(
          read(() -> answer.data().length == 0 ? BigInteger.ZERO : Abi.number(answer.data())));
    }
    return balances;
  }

  /**
   * The token's transfers from and to a wallet in these blocks, both included, in their order.
   * Providers limit how far they look; what is too far is a fault of kind {@code OTHER}.
   */
  public List<Transfer> transfers(Address token, Address wallet, long from, long to)
      throws RpcFault {
    String word = "\"" + Abi.word(wallet) + "\"";
    List<Transfer> sent = logs(token, from, to, word + ",null");
    List<Transfer> received = logs(token, from, to, "null," + word);
    // What a wallet sends to itself is in both lists.
    return Stream.concat(
            sent.stream(), received.stream().filter(transfer -> !transfer.from().equals(wallet)))
        .sorted(Comparator.comparingLong(Transfer::block).thenComparingLong(Transfer::index))
        .toList();
  }

  private List<Transfer> logs(Address token, long from, long to, String parties) throws RpcFault {
    String filter =
        "[{\"address\":\"%s\",\"fromBlock\":\"0x%x\",\"toBlock\":\"0x%x\",\"topics\":[\"%s\",%s]}]"
            .formatted(token.text(), from, to, Abi.TRANSFER, parties);
    return read(
        () -> rpc.call("eth_getLogs", filter).items().stream().map(EvmChain::transfer).toList());
  }

  private static Transfer transfer(Json log) {
    List<Json> topics = log.member("topics").items();
    if (topics.size() != 3) {
      throw new IllegalArgumentException("a transfer without its two parties");
    }
    return new Transfer(
        log.member("blockNumber").smallQuantity(),
        log.member("logIndex").smallQuantity(),
        party(topics.get(1)),
        party(topics.get(2)),
        Abi.number(log.member("data").data()));
  }

  private static Address party(Json topic) {
    byte[] word = topic.data();
    if (word.length != 32) {
      throw new IllegalArgumentException("a topic has 32 bytes");
    }
    return Address.of(Arrays.copyOfRange(word, 12, 32));
  }

  /**
   * Asks a contract wallet whether this is a signature of its owner (ERC-1271), within 3 s, a few
   * at a time, with a bounded amount of gas. An address without a contract answers nothing, which
   * is no.
   *
   * @param hash of what was signed, 32 bytes
   */
  public SignatureAnswer isValidSignature(Address wallet, byte[] hash, byte[] signature) {
    if (signature.length > SIGNATURE_BYTES_MAX) {
      return SignatureAnswer.INVALID;
    }
    if (!signatures.tryAcquire()) {
      return SignatureAnswer.UNAVAILABLE;
    }
    try {
      String data = Abi.isValidSignature(hash, signature);
      String call =
          "[{\"to\":\"%s\",\"data\":\"%s\",\"gas\":\"%s\"},\"latest\"]"
              .formatted(wallet.text(), data, SIGNATURE_GAS);
      List<JsonRpc.Call> calls =
          List.of(
              new JsonRpc.Call("eth_getCode", "[\"" + wallet.text() + "\",\"latest\"]"),
              new JsonRpc.Call("eth_call", call));
      List<Json> answers = rpc.batch(calls, SIGNATURE_LIMIT);
      boolean isContract = read(() -> isContract(answers.getFirst().data()));
      boolean isValid = read(() -> Abi.saysValid(answers.getLast().data()));
      return isContract && isValid ? SignatureAnswer.VALID : SignatureAnswer.INVALID;
    } catch (RpcFault fault) {
      return fault.kind() == Kind.REVERTED ? SignatureAnswer.INVALID : SignatureAnswer.UNAVAILABLE;
    } finally {
      signatures.release();
    }
  }

  /**
   * Whether code is a contract's own. An account with a key that delegates to a contract (EIP-7702)
   * has these three bytes and an address: there the key alone speaks for the account, else one bag
   * of tokens could be shown under two names.
   */
  private static boolean isContract(byte[] code) {
    boolean delegates =
        code.length == 23 && (code[0] & 0xff) == 0xef && code[1] == 1 && code[2] == 0;
    return code.length > 0 && !delegates;
  }

  private static final String LATEST = "\"latest\"";

  private static String call(Address to, String data, String block) {
    return "[{\"to\":\"" + to.text() + "\",\"data\":\"" + data + "\"}," + block + "]";
  }

  /** Reads an answer; one of another form than agreed is a fault of the provider. */
  private interface Reading<T> {
    T read() throws RpcFault;
  }

  private static <T> T read(Reading<T> reading) throws RpcFault {
    try {
      return reading.read();
    } catch (IllegalArgumentException unreadable) {
      throw new RpcFault(Kind.OTHER, "an answer of another form: " + unreadable.getMessage());
    }
  }
}
