package com.runspace.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.chain.Address;
import com.runspace.gate.GateSettings.Tier;
import com.runspace.gate.GateSettings.Token;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class GateSettingsTest {
  private static final String CONTRACT = "0x" + "a".repeat(40);
  private static final String SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";

  @Test
  void theExampleIsSound() {
    assertThat(
            GateSettings.of(
                    List.of(token(tier("bronze", 1000, "0.5"), tier("silver", 10_000, "5"))))
                .problems())
        .isEmpty();
  }

  @Test
  void tiersThatRewardSplittingAreRefused() {
    assertThat(problems(token(tier("bronze", 1000, "0.5"), tier("silver", 10_000, "4.999999999"))))
        .singleElement()
        .asString()
        .isEqualTo(
            "gate token 'RUN' rewards splitting: tier 'silver' grants $4.999999999 for 10000"
                + " tokens, less for each token than 'bronze' with $0.5 for 1000; whoever spreads"
                + " a holding over several wallets gets more. Let higher tiers grant at least as"
                + " much for each token.");
  }

  @Test
  void tiersRise() {
    assertThat(problems(token(tier("a", 1000, "1"), tier("b", 1000, "2")))).hasSize(1);
    assertThat(problems(token(tier("a", 1000, "1"), tier("b", 2000, "1")))).hasSize(1);
    assertThat(problems(token(tier("a", 1000, "1"), tier("a", 2000, "3")))).hasSize(1);
    assertThat(problems(token(tier("a", 0, "1")))).hasSize(1);
    assertThat(problems(token(tier("a", 1, "0")))).hasSize(1);
    assertThat(problems(token())).hasSize(1);
  }

  @Test
  void tokensAreChecked() {
    Tier tier = tier("a", 1, "1");
    assertThat(problems(on("eip155:0", CONTRACT, 24, tier))).hasSize(1);
    assertThat(problems(on(SOLANA, CONTRACT, 24, tier))).hasSize(1);
    assertThat(problems(on("eip155:1", CONTRACT, 12, tier))).hasSize(1);
    assertThat(problems(on("eip155:1", CONTRACT, 49, tier))).hasSize(1);
    assertThat(problems(on("eip155:1", CONTRACT, 0, tier))).isEmpty();
    Token one = token(tier);
    assertThat(GateSettings.of(List.of(one, one)).problems()).hasSize(2);
    assertThat(GateSettings.of(List.of()).problems()).hasSize(1);
  }

  @Test
  void amountsAreExact() {
    assertThat(GateSettings.smallest(new BigDecimal("1000.5"), 6)).isEqualTo(1_000_500_000L);
    assertThat(GateSettings.smallest(new BigDecimal("3"), 0)).isEqualTo(3);
    assertThat(GateSettings.units(BigInteger.valueOf(1_000_500_000), 6)).isEqualTo("1000.5");
    assertThat(GateSettings.units(BigInteger.valueOf(1000), 0)).isEqualTo("1000");
    assertThat(GateSettings.units(BigInteger.ONE, 24)).isEqualTo("0." + "0".repeat(23) + "1");
    assertThatThrownBy(() -> GateSettings.smallest(new BigDecimal("0.5"), 0))
        .hasMessage("has more decimals than the token, which has 0");
    assertThatThrownBy(() -> GateSettings.smallest(new BigDecimal("1e400000000"), 18))
        .hasMessage("is more than any chain can hold");
  }

  private static List<String> problems(Token token) {
    return GateSettings.of(List.of(token)).problems();
  }

  private static Token token(Tier... tiers) {
    return on("eip155:8453", CONTRACT, 24, tiers);
  }

  private static Token on(String chain, String address, int hours, Tier... tiers) {
    return new Token(
        "RUN",
        chain,
        Address.parse(address),
        18,
        List.of(new Secret("http://127.0.0.1:1")),
        Duration.ofHours(hours),
        false,
        false,
        List.of(tiers));
  }

  private static Tier tier(String name, long tokens, String usd) {
    return new Tier(
        name,
        BigInteger.TEN.pow(18).multiply(BigInteger.valueOf(tokens)),
        Nanos.ofUsd(new BigDecimal(usd)));
  }
}
