package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.http.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * Who we are to the clients: the issuer and all addresses that follow from it. They come from the
 * settings and never from what a request says of its host, and are compared as strings (RFC 8414,
 * section 3.3: the issuer a client finds must be "identical" to the one it looked for).
 *
 * @param url the issuer, with a path and without a slash at its end
 * @param publicUrl where people and the MCP server are, without a slash at its end
 */
public record Issuer(String url, String publicUrl) {
  /** The one scope of the one resource. */
  static final String SCOPE = "mcp";

  /** Asks for tokens that outlive the hour; known to the authorization server alone. */
  static final String OFFLINE = "offline_access";

  private static final String PATH_OF_RESOURCE = "/mcp";

  /** The resource that tokens are for, in the canonical form of RFC 8707. */
  String resource() {
    return publicUrl + PATH_OF_RESOURCE;
  }

  /** Whether an address is the resource, however its host is written or whether a slash ends it. */
  boolean isResource(String address) {
    String plain = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
    String ours = resource();
    int path = ours.length() - PATH_OF_RESOURCE.length();
    return plain.length() == ours.length()
        && plain.substring(0, path).equalsIgnoreCase(ours.substring(0, path))
        && plain.endsWith(PATH_OF_RESOURCE);
  }

  /** Where the metadata of the resource are: the path goes in behind the well-known part. */
  String resourceMetadata() {
    return publicUrl + "/.well-known/oauth-protected-resource" + PATH_OF_RESOURCE;
  }

  /**
   * The parameters of {@code WWW-Authenticate: Bearer} in an answer of the MCP server to a caller
   * without a right token: where the metadata are, by which a client finds us (RFC 9728, section
   * 5.1), and the scope to ask for.
   */
  public String challenge() {
    return "resource_metadata=\"" + resourceMetadata() + "\", scope=\"" + SCOPE + "\"";
  }

  private JsonObject protectedResource() {
    return new JsonObject()
        .put("resource", resource())
        .put("authorization_servers", new JsonArray().add(url))
        // "SHOULD NOT list offline_access" (MCP, authorization): it is no right at the resource.
        .put("scopes_supported", new JsonArray().add(SCOPE))
        .put("bearer_methods_supported", new JsonArray().add("header"))
        .put("resource_name", "RunSpace")
        .put("resource_documentation", publicUrl + "/docs");
  }

  /**
   * RFC 8414, section 2. People sign in where the pages are, so that is where they are sent; the
   * rest is below the issuer, which may have a host of its own.
   */
  private JsonObject authorizationServer() {
    JsonArray none = new JsonArray().add("none");
    return new JsonObject()
        .put("issuer", url)
        .put("authorization_endpoint", publicUrl + "/oauth/authorize")
        .put("token_endpoint", url + "/token")
        .put("registration_endpoint", url + "/register")
        .put("revocation_endpoint", url + "/revoke")
        .put("response_types_supported", new JsonArray().add("code"))
        .put("response_modes_supported", new JsonArray().add("query"))
        .put("grant_types_supported", new JsonArray(List.of("authorization_code", "refresh_token")))
        .put("token_endpoint_auth_methods_supported", none)
        .put("revocation_endpoint_auth_methods_supported", none)
        .put("code_challenge_methods_supported", new JsonArray().add("S256"))
        .put("scopes_supported", new JsonArray().add(SCOPE).add(OFFLINE))
        .put("client_id_metadata_document_supported", true)
        .put("authorization_response_iss_parameter_supported", true)
        .put("service_documentation", publicUrl + "/docs");
  }

  /** {@code GET /.well-known/oauth-protected-resource/mcp} (RFC 9728). */
  public Handler resourceDocument() {
    return document(protectedResource());
  }

  /** The three addresses at which clients look for the authorization server (RFC 8414, OIDC). */
  public Handler serverDocument() {
    return document(authorizationServer());
  }

  /** The bytes are made once: clients wait ten seconds for them, and no longer. */
  private static Handler document(JsonObject json) {
    byte[] body = json.encode().getBytes(UTF_8);
    return exchange -> {
      exchange.response().headers().set(HttpHeaders.CACHE_CONTROL, "public, max-age=300");
      exchange.response().headers().set("x-content-type-options", "nosniff");
      exchange.json(200, body);
    };
  }
}
