package com.runspace.wallet;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import java.time.Instant;

/**
 * The text that a wallet signs, in the form of EIP-4361, which Sign in with Solana took over. It is
 * a function of what is in here, so the server writes it again to check a signature and nobody's
 * text has to be read.
 *
 * @param chainId {@code 8453}, or {@code mainnet} on Solana
 */
public record SignInText(
    String domain,
    String statement,
    String uri,
    String chainId,
    String nonce,
    Instant issued,
    Instant expires,
    String requestId) {

  /** The text for one wallet. Between lines stand line feeds, and none at the end. */
  String of(Address address) {
    String family = address.namespace() == Namespace.EIP155 ? "Ethereum" : "Solana";
    return String.join(
        "\n",
        domain + " wants you to sign in with your " + family + " account:",
        address.shown(),
        "",
        statement,
        "",
        "URI: " + uri,
        "Version: 1",
        "Chain ID: " + chainId,
        "Nonce: " + nonce,
        "Issued At: " + issued,
        "Expiration Time: " + expires,
        "Request ID: " + requestId);
  }

  byte[] bytes(Address address) {
    return of(address).getBytes(UTF_8);
  }
}
