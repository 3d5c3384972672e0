package com.runspace.chain;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressTest {
  private static final String SYSTEM_PROGRAM = "11111111111111111111111111111111";

  @Test
  void keccakIsNotSha3() {
    assertThat(Hex.of(Keccak.hash()))
        .isEqualTo("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assertThat(Hex.of(Keccak.hash("ab".getBytes(US_ASCII), "c".getBytes(US_ASCII))))
        .isEqualTo("0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  }

  @Test
  void personalHashCountsBytesNotCharacters() {
    assertThat(Hex.of(Keccak.personal("Some data".getBytes(UTF_8))))
        .isEqualTo("0x1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655");
    byte[] text = "é".getBytes(UTF_8);
    assertThat(Keccak.personal(text))
        .isEqualTo(Keccak.hash("\u0019Ethereum Signed Message:\n2".getBytes(US_ASCII), text));
  }

  @Test
  void checksumsOfEip55() {
    // The examples of the standard itself.
    for (String shown :
        List.of(
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x27b1fdb04752bbc536007a920d24acb045561c26",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")) {
      Address address = Address.parse(shown);
      assertThat(address.text()).isEqualTo(shown.toLowerCase(Locale.ROOT));
      assertThat(address.shown()).isEqualTo(shown);
      assertThat(Address.parse(address.text())).isEqualTo(address);
      assertThat(Address.of(address.bytes())).isEqualTo(address);
    }
    assertThatThrownBy(() -> Address.parse("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"))
        .hasMessageContaining("checksum");
  }

  @Test
  void whatIsNoAddressIsRefusedInWords() {
    for (String text :
        List.of(
            "",
            "0x",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
            "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
            " 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "１".repeat(32),
            "1".repeat(31),
            "1".repeat(33),
            "1".repeat(100_000),
            "0OIl" + "1".repeat(28))) {
      assertThatThrownBy(() -> Address.parse(text))
          .as("'%.50s'", text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching(".*\\.");
    }
    assertThatThrownBy(() -> Address.parse(Namespace.EIP155, SYSTEM_PROGRAM))
        .hasMessageContaining("EVM");
    assertThatThrownBy(
            () -> new Address(Namespace.EIP155, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"))
        .hasMessageContaining("canonical");
  }

  @Test
  void base58() {
    assertThat(Base58.encode("Hello World!".getBytes(US_ASCII))).isEqualTo("2NEpo7TZRRrLZSi2U");
    assertThat(Base58.encode(new byte[] {0, 0, 0x28, 0x7f, (byte) 0xb4, (byte) 0xcd}))
        .isEqualTo("11233QC4");
    assertThat(Base58.decode("0")).isNull();
    assertThat(Base58.decode("")).isNull();
    assertThat(Base58.decode("1", 1)).containsExactly(0);
    assertThat(Base58.decode("1", 2)).isNull();
    Random random = new Random(7);
    for (int length = 1; length <= 64; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      bytes[0] = (byte) (length % 3);
      assertThat(Base58.decode(Base58.encode(bytes))).isEqualTo(bytes);
    }
    Address nobody = Address.parse(SYSTEM_PROGRAM);
    assertThat(nobody.namespace()).isEqualTo(Namespace.SOLANA);
    assertThat(nobody.bytes()).isEqualTo(new byte[32]);
    assertThat(nobody.brief()).isEqualTo("111111…1111");
  }
}
