package com.runspace.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.chain.EvmChain.Block;
import com.runspace.chain.EvmChain.SignatureAnswer;
import com.runspace.chain.EvmChain.Transfer;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedNode;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EvmChainTest {
  private static final Address TOKEN = EvmKey.number(100).address();
  private static final Address ANNE = EvmKey.number(1).address();
  private static final Address BOB = EvmKey.number(2).address();
  private static final String HASH = "0x" + "ab".repeat(32);
  private static final Block BLOCK = new Block(7, HASH, Instant.EPOCH);
  private static final String MAGIC = "1626ba7e";

  private final ScriptedNode node = ScriptedNode.start();
  private final JsonRpc rpc =
      new JsonRpc("eip155:1", List.of(node.url()), ManualTime.at("2026-11-22T12:00:00Z"));
  private final EvmChain chain = new EvmChain(rpc, 20);

  @AfterEach
  void close() {
    rpc.close();
    node.close();
  }

  private static String word(String hex) {
    return "\"0x" + "0".repeat(64 - hex.length()) + hex + "\"";
  }

  private static String block(String number) {
    return "{\"number\":\"%s\",\"hash\":\"%s\",\"timestamp\":\"0x6922\"}".formatted(number, HASH);
  }

  @Test
  void chainAndTokenTellWhatTheyAre() throws RpcFault {
    node.on("eth_chainId", "\"0x2105\"").on("eth_call", word("12"));
    assertThat(chain.chainId()).isEqualTo(8453);
    assertThat(chain.decimals(TOKEN)).isEqualTo(18);
    var call = node.questions().getLast().params().items().getFirst();
    assertThat(call.member("to").text()).isEqualTo(TOKEN.text());
    assertThat(call.member("data").text()).isEqualTo("0x313ce567");
    node.on("eth_getCode", "\"0x\"");
    assertThat(chain.hasCode(TOKEN)).isFalse();
    node.on("eth_getCode", "\"0x60\"");
    assertThat(chain.hasCode(TOKEN)).isTrue();
  }

  @Test
  void oddAnswersAreFaults() {
    for (String answer :
        List.of(
            "null",
            "5",
            "\"\"",
            "\"0x\"",
            "\"0x0\"",
            "\"12\"",
            "{}",
            "\"0x" + "0".repeat(62) + "\"",
            "\"0x" + "0".repeat(128) + "\"",
            word("100"))) {
      node.on("eth_call", answer);
      assertThatThrownBy(() -> chain.decimals(TOKEN)).as(answer).isInstanceOf(RpcFault.class);
    }
    for (String answer : List.of("null", "\"0x\"", "\"0xg\"", "\"0x" + "f".repeat(17) + "\"")) {
      node.on("eth_chainId", answer);
      assertThatThrownBy(chain::chainId).as(answer).isInstanceOf(RpcFault.class);
    }
  }

  @Test
  void theFinalizedBlockIsTheNodesOrOneFarBelow() throws RpcFault {
    node.on("eth_getBlockByNumber", _ -> block("0x64"));
    assertThat(chain.finalized()).isEqualTo(new Block(100, HASH, Instant.ofEpochSecond(0x6922)));
    node.on(
        "eth_getBlockByNumber",
        params -> {
          String which = params.items().getFirst().text();
          return which.equals("finalized")
              ? "error{\"code\":-32602,\"message\":\"unknown tag\"}"
              : block(which);
        });
    node.on("eth_blockNumber", "\"0x64\"");
    assertThat(chain.finalized().number()).isEqualTo(80);
    node.on("eth_blockNumber", "\"0x5\"");
    assertThat(chain.finalized().number()).isZero();
    node.on("eth_getBlockByNumber", _ -> "null");
    assertThatThrownBy(chain::finalized).isInstanceOf(RpcFault.class);
    node.on("eth_getBlockByNumber", _ -> block("0x1").replace(HASH, "0xab"));
    assertThatThrownBy(chain::finalized).isInstanceOf(RpcFault.class);
  }

  @Test
  void balancesAreReadAtOneBlockByItsHash() throws RpcFault {
    List<Address> holders = new ArrayList<>();
    for (int i = 1; i <= 150; i++) {
      holders.add(EvmKey.number(i).address());
    }
    node.on(
        "eth_call",
        params -> {
          String data = params.items().getFirst().member("data").text();
          assertThat(data).startsWith("0x70a08231" + "0".repeat(24));
          // Everybody holds the last digits of their address.
          return word(data.substring(70));
        });
    Map<Address, BigInteger> balances = chain.balances(TOKEN, BLOCK, holders);
    assertThat(balances).hasSize(150);
    balances.forEach((holder, balance) ->
        assertThat(balance).isEqualTo(new BigInteger(holder.text().substring(38), 16)));
    assertThat(node.batches()).containsExactly(100, 50);
    for (var question : node.questions()) {
      Json at = question.params().items().get(1);
      assertThat(at.member("blockHash").text()).isEqualTo(HASH);
    }
    node.on("eth_call", "\"0x" + "f".repeat(64) + "\"");
    assertThat(chain.balances(TOKEN, BLOCK, List.of(ANNE)))
        .containsEntry(ANNE, BigInteger.TWO.pow(256).subtract(BigInteger.ONE));
  }

  @Test
  void aBalanceThatCannotBeReadFailsAll() {
    node.on(
        "eth_call",
        params ->
            params.items().getFirst().member("data").text().endsWith(BOB.text().substring(2))
                ? "\"0x\""
                : word("1"));
    assertThatThrownBy(() -> chain.balances(TOKEN, BLOCK, List.of(ANNE, BOB)))
        .isInstanceOf(RpcFault.class);
  }

  private static String log(long block, int index, Address from, Address to, String amount) {
    return """
    {"blockNumber":"0x%x","logIndex":"0x%x","data":%s,
     "topics":["%s","%s","%s"]}\
    """
        .formatted(block, index, word(amount), Abi.TRANSFER, Abi.word(from), Abi.word(to));
  }

  @Test
  void transfersComeInOrderAndOnce() throws RpcFault {
    assertThat(Abi.TRANSFER)
        .isEqualTo("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    String sent = log(9, 1, ANNE, BOB, "5") + "," + log(9, 3, ANNE, ANNE, "7");
    String received = log(9, 3, ANNE, ANNE, "7") + "," + log(8, 12, BOB, ANNE, "ff");
    node.on(
        "eth_getLogs",
        params -> {
          Json filter = params.items().getFirst();
          assertThat(filter.member("fromBlock").text()).isEqualTo("0x1");
          assertThat(filter.member("toBlock").text()).isEqualTo("0xff");
          return "[" + (filter.member("topics").items().get(1).isNull() ? received : sent) + "]";
        });
    assertThat(chain.transfers(TOKEN, ANNE, 1, 255))
        .containsExactly(
            new Transfer(8, 12, BOB, ANNE, BigInteger.valueOf(255)),
            new Transfer(9, 1, ANNE, BOB, BigInteger.valueOf(5)),
            new Transfer(9, 3, ANNE, ANNE, BigInteger.valueOf(7)));
    node.on("eth_getLogs", "[{\"topics\":[]}]");
    assertThatThrownBy(() -> chain.transfers(TOKEN, ANNE, 1, 255)).isInstanceOf(RpcFault.class);
  }

  private SignatureAnswer signature() {
    return chain.isValidSignature(ANNE, new byte[32], new byte[65]);
  }

  @Test
  void aContractSaysYes() {
    node.on("eth_getCode", "\"0x6080\"");
    node.on("eth_call", "\"0x" + MAGIC + "0".repeat(56) + "\"");
    assertThat(signature()).isEqualTo(SignatureAnswer.VALID);
    Json call = node.questions().getFirst().params().items().getFirst();
    assertThat(call.member("to").text()).isEqualTo(ANNE.text());
    assertThat(call.member("data").text())
        .isEqualTo(
            "0x"
                + MAGIC
                + "0".repeat(64)
                + "0".repeat(62)
                + "40"
                + "0".repeat(62)
                + "41"
                + "0".repeat(65 * 2)
                + "0".repeat(31 * 2));
    assertThat(call.member("gas").quantity()).isEqualTo(BigInteger.valueOf(3_000_000));
  }

  @Test
  void whatIsNotYesIsNo() {
    node.on("eth_getCode", "\"0x6080\"");
    for (String answer :
        List.of(
            "\"0x\"",
            word("0"),
            word("1"),
            "\"0x" + "f".repeat(64) + "\"",
            "\"0x" + MAGIC + "\"",
            "\"0x" + "0".repeat(56) + MAGIC + "\"",
            // A contract that echoes what it is sent.
            "\"0x" + MAGIC + "1".repeat(64) + "\"",
            "error{\"code\":3,\"message\":\"execution reverted\"}",
            "error{\"code\":-32000,\"message\":\"out of gas\"}")) {
      node.on("eth_call", answer);
      assertThat(signature()).as(answer).isEqualTo(SignatureAnswer.INVALID);
    }
  }

  @Test
  void anAddressWithoutAContractSaysNothing() {
    node.on("eth_call", "\"0x" + MAGIC + "0".repeat(56) + "\"");
    node.on("eth_getCode", "\"0x\"");
    assertThat(signature()).isEqualTo(SignatureAnswer.INVALID);
    // A key that delegates to code (EIP-7702) speaks for itself.
    node.on("eth_getCode", "\"0xef0100" + "ab".repeat(20) + "\"");
    assertThat(signature()).isEqualTo(SignatureAnswer.INVALID);
    node.on("eth_getCode", "\"0xef0100" + "ab".repeat(21) + "\"");
    assertThat(signature()).isEqualTo(SignatureAnswer.VALID);
  }

  @Test
  void aNodeThatCannotTellIsNoAnswer() {
    node.on("eth_getCode", "\"0x6080\"");
    node.on("eth_call", "error{\"code\":-32000,\"message\":\"header not found\"}");
    assertThat(signature()).isEqualTo(SignatureAnswer.UNAVAILABLE);
    node.server().answers(Script.json(429, ""));
    assertThat(signature()).isEqualTo(SignatureAnswer.UNAVAILABLE);
    node.server().answers(Script.hangUp());
    assertThat(signature()).isEqualTo(SignatureAnswer.UNAVAILABLE);
  }

  @Test
  void fourHangingContractsLeaveNoRoomForAFifth() throws InterruptedException {
    node.server().answersEach(_ -> Script.silence());
    List<Thread> hanging = new ArrayList<>();
    List<SignatureAnswer> answers = new java.util.concurrent.CopyOnWriteArrayList<>();
    for (int i = 0; i < 4; i++) {
      hanging.add(Thread.ofVirtual().start(() -> answers.add(signature())));
    }
    node.server().awaitConnections(4, java.time.Duration.ofSeconds(20));
    int asked = node.server().connections();
    assertThat(signature()).isEqualTo(SignatureAnswer.UNAVAILABLE);
    assertThat(node.server().connections()).isEqualTo(asked);
    for (Thread thread : hanging) {
      thread.join(java.time.Duration.ofSeconds(30));
    }
    assertThat(answers).hasSize(4).containsOnly(SignatureAnswer.UNAVAILABLE);
  }

  @Test
  void aLongSignatureIsNotSent() {
    assertThat(chain.isValidSignature(ANNE, new byte[32], new byte[8193]))
        .isEqualTo(SignatureAnswer.INVALID);
    assertThat(node.questions()).isEmpty();
  }
}
