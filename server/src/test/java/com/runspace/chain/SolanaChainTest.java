package com.runspace.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.chain.SolanaChain.TokenAccount;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.ScriptedNode;
import com.runspace.testkit.SolanaKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SolanaChainTest {
  private static final String TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
  private static final String TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
  private static final Address MINT = SolanaKey.number(50).address();
  private static final Address OWNER = SolanaKey.number(1).address();
  private static final Address ONE = SolanaKey.number(11).address();
  private static final Address BUYER = SolanaKey.number(2).address();
  private static final Address TWO = SolanaKey.number(12).address();

  private final ScriptedNode node = ScriptedNode.start();
  private final JsonRpc rpc =
      new JsonRpc("solana:x", List.of(node.url()), ManualTime.at("2026-11-22T12:00:00Z"));
  private final SolanaChain chain = new SolanaChain(rpc);

  @AfterEach
  void close() {
    rpc.close();
    node.close();
  }

  private static String account(String program, byte[] data) {
    return "{\"owner\":\"%s\",\"lamports\":1,\"executable\":false,\"data\":[\"%s\",\"base64\"]}"
        .formatted(program, Base64.getEncoder().encodeToString(data));
  }

  private static byte[] tokens(Address mint, Address owner, long amount, int state, int length) {
    ByteBuffer data = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    data.put(mint.bytes()).put(owner.bytes()).putLong(amount).put(108, (byte) state);
    if (length > 165) {
      data.put(165, (byte) 2);
    }
    return data.array();
  }

  private static String holding(long amount) {
    return account(TOKEN, tokens(MINT, OWNER, amount, 1, 165));
  }

  private static String at(long slot, String value) {
    return "{\"context\":{\"slot\":%d},\"value\":%s}".formatted(slot, value);
  }

  @Test
  void theClusterTellsWhatItIs() throws RpcFault {
    node.on("getGenesisHash", "\"5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d\"");
    node.on("getSlot", "300000000");
    assertThat(chain.genesisHash()).startsWith("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp");
    assertThat(chain.slot()).isEqualTo(300_000_000);
    assertThat(node.questions().getLast().params().items().getFirst().member("commitment").text())
        .isEqualTo("finalized");
  }

  @Test
  void aMintTellsItsDecimals() throws RpcFault {
    byte[] mint = new byte[82];
    mint[44] = 9;
    mint[45] = 1;
    node.on("getAccountInfo", at(1, account(TOKEN, mint)));
    assertThat(chain.decimals(MINT)).isEqualTo(9);
    byte[] extended = java.util.Arrays.copyOf(mint, 300);
    extended[165] = 1;
    node.on("getAccountInfo", at(1, account(TOKEN_2022, extended)));
    assertThat(chain.decimals(MINT)).isEqualTo(9);
  }

  @Test
  void whatIsNoMintIsAFault() {
    byte[] unborn = new byte[82];
    byte[] mint = new byte[82];
    mint[45] = 1;
    for (String value :
        List.of(
            "null",
            account("11111111111111111111111111111111", mint),
            account(TOKEN, unborn),
            account(TOKEN, new byte[81]),
            account(TOKEN, tokens(MINT, OWNER, 1, 1, 165)),
            account(TOKEN_2022, tokens(MINT, OWNER, 1, 1, 200)),
            "{\"owner\":\"" + TOKEN + "\",\"data\":[\"!\",\"base64\"]}",
            "{\"owner\":\"" + TOKEN + "\",\"data\":[]}",
            "{}")) {
      node.on("getAccountInfo", at(1, value));
      assertThatThrownBy(() -> chain.decimals(MINT)).as(value).isInstanceOf(RpcFault.class);
    }
  }

  @Test
  void allAccountsOfAnOwnerAreFound() throws RpcFault {
    String extended = account(TOKEN_2022, tokens(MINT, OWNER, -1, 2, 200));
    String others = account(TOKEN, tokens(MINT, ONE, 7, 1, 165));
    String otherMint = account(TOKEN, tokens(OWNER, OWNER, 7, 1, 165));
    node.on(
        "getTokenAccountsByOwner",
        at(
            42,
            "[{\"pubkey\":\"%s\",\"account\":%s},{\"pubkey\":\"%s\",\"account\":%s},"
                    .formatted(ONE, holding(5), TWO, extended)
                + "{\"pubkey\":\"%s\",\"account\":%s},{\"pubkey\":\"%s\",\"account\":%s}]"
                    .formatted(ONE, others, TWO, otherMint)));
    SolanaChain.Reading reading = chain.accountsOf(OWNER, MINT);
    assertThat(reading.slot()).isEqualTo(42);
    BigInteger most = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);
    assertThat(reading.accounts())
        .containsExactly(
            new TokenAccount(ONE, OWNER, BigInteger.valueOf(5), false),
            new TokenAccount(TWO, OWNER, most, true));
    List<Json> params = node.questions().getFirst().params().items();
    assertThat(params.get(0).text()).isEqualTo(OWNER.text());
    assertThat(params.get(1).member("mint").text()).isEqualTo(MINT.text());
    assertThat(params.get(2).member("commitment").text()).isEqualTo("finalized");
  }

  @Test
  void anAccountThatChangedHandsOrIsGoneIsSeen() throws RpcFault {
    Address three = SolanaKey.number(13).address();
    String sold = account(TOKEN, tokens(MINT, BUYER, 5, 1, 165));
    String fake = account("11111111111111111111111111111111", tokens(MINT, OWNER, 9, 1, 165));
    node.on("getMultipleAccounts", at(43, "[" + sold + ",null," + fake + "]"));
    SolanaChain.Reading reading = chain.accounts(List.of(ONE, TWO, three), MINT);
    assertThat(reading.accounts())
        .containsExactly(
            new TokenAccount(/* address= */ ONE, /* owner= */ BUYER, BigInteger.valueOf(5), false));
    node.on("getMultipleAccounts", at(43, "[null]"));
    assertThatThrownBy(() -> chain.accounts(List.of(ONE, TWO), MINT)).isInstanceOf(RpcFault.class);
    assertThatThrownBy(() -> chain.accounts(Collections.nCopies(101, ONE), MINT))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theHistoryOfAnAccount() throws RpcFault {
    String signature = Base58.encode(SolanaKey.number(1).sign(new byte[1]));
    node.on(
        "getSignaturesForAddress",
        """
        [{"signature":"%1$s","slot":9,"err":null,"blockTime":1795000000},
         {"signature":"%1$s","slot":8,"err":{"InstructionError":[0,"x"]},"blockTime":null}]\
        """
            .formatted(signature));
    List<SolanaChain.Entry> history = chain.history(ONE, 2, signature);
    assertThat(history)
        .containsExactly(
            new SolanaChain.Entry(signature, 9, Instant.ofEpochSecond(1_795_000_000), false),
            new SolanaChain.Entry(signature, 8, null, true));
    assertThat(node.questions().getFirst().params().items().get(1).member("before").text())
        .isEqualTo(signature);
    node.on("getSignaturesForAddress", "[{\"signature\":\"x\",\"slot\":9}]");
    assertThatThrownBy(() -> chain.history(ONE, 2, null)).isInstanceOf(RpcFault.class);
  }
}
