package com.runspace.oauth;

import com.runspace.http.Exchange;

/**
 * What the MCP server says to a caller without a right token: where the metadata are, by which a
 * client finds the authorization server (RFC 9728, section 5.1), and the scope to ask for.
 */
public final class Challenge {
  private final String parameters;

  public Challenge(Issuer issuer) {
    parameters =
        "resource_metadata=\"" + issuer.resourceMetadata() + "\", scope=\"" + Issuer.SCOPE + "\"";
  }

  /** The parameters behind {@code Bearer}, for a door that writes the header itself. */
  public String parameters() {
    return parameters;
  }

  /**
   * The whole value of the header.
   *
   * @param sent whether the caller sent a credential: "If the request lacks any authentication
   *     information, the resource server SHOULD NOT include an error code" (RFC 6750, section 3.1)
   */
  public String header(boolean sent) {
    String error =
        "error=\"invalid_token\", error_description=\"The token is unknown, expired or revoked\", ";
    return "Bearer " + (sent ? error : "") + parameters;
  }

  /** Adds the header to an answer, which is to have the status 401. */
  public void write(Exchange exchange, boolean sent) {
    exchange.response().headers().set("www-authenticate", header(sent));
  }
}
