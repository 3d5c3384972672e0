package com.runspace.chains;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.Json;
import com.runspace.chain.JsonRpc;
import com.runspace.chain.RpcFault;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A real EVM node on loopback. Any address can send without a key and without paying, every
 * transaction is a block of its own, and a block is final when two more stand on it.
 */
public final class Anvil implements AutoCloseable {
  /** The chain's name. */
  public static final String CHAIN = "eip155:31337";

  private static final String PACKAGE = "@foundry-rs/anvil-linux-amd64";
  private static final Pattern LISTENING = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)");
  private static final Address DEPLOYER = address(0xdeb107);
  private static final Duration MINED = Duration.ofSeconds(30);
  private static final long PAUSE_NANOS = 2_000_000;

  private final NodeProgram program;
  private final JsonRpc rpc;
  private long last;

  private Anvil(NodeProgram program, Instant genesis) {
    this.program = program;
    this.rpc = new JsonRpc("anvil", List.of(new Secret(program.url())), Time.system());
    this.last = genesis.getEpochSecond();
  }

  /** Why there is none on this machine; null when there is one. */
  public static @Nullable String missing() {
    return binary().isPresent() ? null : "the npm package " + PACKAGE + " is not installed";
  }

  private static Optional<Path> binary() {
    return NodeProgram.modulesWith(PACKAGE).map(place -> place.resolve(PACKAGE + "/bin/anvil"));
  }

  /** Starts a chain whose first block is of this moment. */
  public static Anvil start(Instant genesis, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                binary().orElseThrow().toString(),
                "--port=0",
                "--chain-id=31337",
                "--slots-in-an-epoch=1",
                "--accounts=1",
                "--auto-impersonate",
                "--base-fee=0",
                "--timestamp=" + genesis.getEpochSecond()));
    command.addAll(List.of(more));
    return new Anvil(NodeProgram.start(command, LISTENING, null), genesis);
  }

  /** The address with this number in its last bytes. */
  public static Address address(long number) {
    return Address.parse("0x" + "%040x".formatted(number));
  }

  public String url() {
    return program.url();
  }

  public JsonRpc rpc() {
    return rpc;
  }

  /** Hangs: takes connections and answers nothing. */
  public void pause() {
    program.pause();
  }

  public void resume() {
    program.resume();
  }

  /** The next block is of this moment, or of a second after the one before when that is later. */
  public void at(Instant moment) {
    last = Math.max(last + 1, moment.getEpochSecond());
    call("evm_setNextBlockTimestamp", "[" + last + "]");
  }

  /** Mines blocks a second apart. */
  public void mine(int blocks) {
    call("anvil_mine", "[\"0x%x\",\"0x1\"]".formatted(blocks));
    last += blocks;
  }

  /** Makes what happened until now final, with blocks of this moment. */
  public void settle(Instant moment) {
    at(moment);
    mine(3);
  }

  /** Puts other blocks in the place of the newest. */
  public void reorg(int depth) {
    call("anvil_reorg", "[" + depth + ",[]]");
  }

  /** Deploys one of the test contracts. */
  public Address deploy(String contract, BigInteger... arguments) {
    StringBuilder data = new StringBuilder("0x").append(bytecode(contract));
    for (BigInteger argument : arguments) {
      data.append(word(argument));
    }
    Json receipt = send(DEPLOYER, null, data.toString());
    return Address.parse(receipt.member("contractAddress").text());
  }

  /** A token of ours with so many decimals. */
  public Address token(int decimals) {
    return deploy("TestToken", BigInteger.valueOf(decimals));
  }

  public void mint(Address token, Address to, BigInteger amount) {
    send(DEPLOYER, token, "0x40c10f19" + word(to) + word(amount));
  }

  public void transfer(Address token, Address from, Address to, BigInteger amount) {
    send(from, token, "0xa9059cbb" + word(to) + word(amount));
  }

  /** Sets what a share of the rebasing token is worth. */
  public void rebase(Address token, int percent) {
    send(DEPLOYER, token, "0xbc4f2d6d" + word(BigInteger.valueOf(percent)));
  }

  /**
   * Sends a transaction and waits until it is mined.
   *
   * @param to null for a new contract
   */
  public Json send(Address from, @Nullable Address to, String data) {
    String target = to == null ? "" : "\"to\":\"" + to.text() + "\",";
    Json hash =
        call(
            "eth_sendTransaction",
            "[{\"from\":\"%s\",%s\"data\":\"%s\",\"gas\":\"0x7a1200\",\"gasPrice\":\"0x0\"}]"
                .formatted(from.text(), target, data));
    long start = System.nanoTime();
    while (System.nanoTime() - start < MINED.toNanos()) {
      Json receipt = call("eth_getTransactionReceipt", "[\"" + hash.text() + "\"]");
      if (!receipt.isNull()) {
        if (!receipt.member("status").text().equals("0x1")) {
          throw new AssertionError("the transaction was reverted");
        }
        return receipt;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    throw new AssertionError("the transaction is not mined");
  }

  /** Any question, the test-only ones too. */
  public Json call(String method, String params) {
    try {
      return rpc.call(method, params);
    } catch (RpcFault fault) {
      throw new AssertionError(method + ": " + fault.getMessage(), fault);
    }
  }

  private static String bytecode(String contract) {
    try (InputStream in = Anvil.class.getResourceAsStream(contract + ".hex")) {
      if (in == null) {
        throw new AssertionError("there is no contract " + contract);
      }
      return new String(in.readAllBytes(), US_ASCII).replaceAll("\\s", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String word(Address address) {
    return "0".repeat(24) + address.text().substring(2);
  }

  private static String word(BigInteger number) {
    String digits = number.toString(16);
    return "0".repeat(64 - digits.length()) + digits;
  }

  @Override
  public void close() {
    rpc.close();
    program.close();
  }
}
