package com.runspace.chains;

import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.Json;
import com.runspace.chain.JsonRpc;
import com.runspace.chain.RpcFault;
import com.runspace.testkit.SourceTree;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Solana's real token programs behind {@code acceptance/chains/solana.mjs}. Each transaction is a
 * slot of its own and final at once.
 */
public final class SolanaNode implements AutoCloseable {
  /** The chain's name. */
  public static final String CHAIN = "solana:RunSpaceTestChain111111111111111";

  private static final String PACKAGE = "litesvm";
  private static final Pattern LISTENING = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)");

  private final NodeProgram program;
  private final JsonRpc rpc;

  private SolanaNode(NodeProgram program) {
    this.program = program;
    this.rpc = new JsonRpc("solana", List.of(new Secret(program.url())), Time.system());
  }

  /** Why there is none on this machine; null when there is one. */
  public static @Nullable String missing() {
    return NodeProgram.modulesWith(PACKAGE).isPresent()
        ? null
        : "the npm package " + PACKAGE + " is not installed";
  }

  /** Starts a chain whose first slot is of this moment. */
  public static SolanaNode start(Instant genesis) {
    Path script = SourceTree.root().resolve("acceptance/chains/solana.mjs");
    List<String> command =
        List.of(NodeProgram.node(), script.toString(), Long.toString(genesis.getEpochSecond()));
    Path modules = NodeProgram.modulesWith(PACKAGE).orElseThrow();
    return new SolanaNode(NodeProgram.start(command, LISTENING, modules));
  }

  public String url() {
    return program.url();
  }

  /** From now on slots are of this moment. */
  public void at(Instant moment) {
    call("test_time", "[" + moment.getEpochSecond() + "]");
  }

  /** A wallet that can sign here. */
  public Address owner() {
    return Address.parse(call("test_owner", "[]").text());
  }

  /**
   * A new mint.
   *
   * @param program2022 whether of Token-2022 instead of the classic program
   */
  public Address mint(int decimals, boolean program2022) {
    return Address.parse(call("test_mint", "[" + decimals + "," + program2022 + "]").text());
  }

  public void mintTo(Address mint, Address owner, String amount) {
    call("test_mintTo", "[\"%s\",\"%s\",\"%s\"]".formatted(mint, owner, amount));
  }

  public void transfer(Address mint, Address from, Address to, String amount) {
    call("test_transfer", "[\"%s\",\"%s\",\"%s\",\"%s\"]".formatted(mint, from, to, amount));
  }

  /** Makes another wallet the owner of a token account, without a transfer. */
  public void giveAccount(Address mint, Address from, Address to) {
    call("test_giveAccount", "[\"%s\",\"%s\",\"%s\"]".formatted(mint, from, to));
  }

  /** Any question, the test-only ones too. */
  public Json call(String method, String params) {
    try {
      return rpc.call(method, params);
    } catch (RpcFault fault) {
      throw new AssertionError(method + ": " + fault.getMessage(), fault);
    }
  }

  @Override
  public void close() {
    rpc.close();
    program.close();
  }
}
