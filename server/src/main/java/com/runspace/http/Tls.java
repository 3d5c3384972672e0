package com.runspace.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/**
 * The server's certificate and key, from two PEM files that may be replaced while it runs. Reading
 * blocks, so it is not for an event loop; the rest may be called from anywhere.
 */
public final class Tls {
  private static final int STREAMS_MAX = 128;
  private static final int HEADER_LIST_BYTES_MAX = 16 << 10;
  private static final int RESETS_MAX = 100;
  private static final int RESETS_SECONDS = 10;
  private static final int HANDSHAKE_SECONDS = 10;
  private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2");

  /** The files cannot be used; the message says why, and names the file. */
  public static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  /** What was in the files. */
  private record Pair(Buffer chain, Buffer key, Instant notAfter) {}

  private final Vertx vertx;
  private final Path certificate;
  private final Path key;
  private volatile Pair pair;

  /**
   * Reads the files for the first time.
   *
   * @param certificate the certificate, and after it those that lead to a known authority
   * @param key its private key, not encrypted
   */
  public Tls(Vertx vertx, Path certificate, Path key) throws Unusable {
    this.vertx = vertx;
    this.certificate = certificate;
    this.key = key;
    this.pair = load();
  }

  /**
   * Reads the files again.
   *
   * @return whether there is something new in them
   * @throws Unusable when what is there now cannot be used; what was there before stays in use
   */
  public synchronized boolean reread() throws Unusable {
    Pair now = pair;
    if (now.chain().equals(bytes(certificate)) && now.key().equals(bytes(key))) {
      return false;
    }
    pair = load();
    return true;
  }

  /** When the certificate in use expires. */
  public Instant notAfter() {
    return pair.notAfter();
  }

  public Path certificate() {
    return certificate;
  }

  private Pair load() throws Unusable {
    Buffer chain = bytes(certificate);
    Buffer secret = bytes(key);
    X509KeyManager manager = manager(new PemKeyCertOptions().setCertValue(chain), secret);
    String[] names = manager.getServerAliases("RSA", null);
    names = names == null ? manager.getServerAliases("EC", null) : names;
    if (names == null) {
      throw new Unusable(certificate + ": must be for an RSA or an EC key");
    }
    String alias = names[0];
    X509Certificate[] certificates = manager.getCertificateChain(alias);
    PrivateKey privateKey = manager.getPrivateKey(alias);
    if (certificates == null || certificates.length == 0 || privateKey == null) {
      throw new Unusable(certificate + ": holds no certificate");
    }
    requireFit(certificates[0], privateKey);
    return new Pair(chain, secret, certificates[0].getNotAfter().toInstant());
  }

  private static Buffer bytes(Path file) throws Unusable {
    try {
      return Buffer.buffer(Files.readAllBytes(file));
    } catch (NoSuchFileException missing) {
      throw new Unusable(file + ": there is no such file");
    } catch (IOException unreadable) {
      throw new Unusable(file + ": cannot be read (" + unreadable.getMessage() + ")");
    }
  }

  private X509KeyManager manager(PemKeyCertOptions options, Buffer secret) throws Unusable {
    String text = secret.toString();
    if (text.contains("BEGIN ENCRYPTED PRIVATE KEY")) {
      throw new Unusable(key + ": is encrypted; a key without a passphrase is needed");
    }
    if (!text.contains("PRIVATE KEY-----")) {
      throw new Unusable(key + ": holds no private key in PEM form");
    }
    if (!options.getCertValue().toString().contains("-----BEGIN CERTIFICATE-----")) {
      throw new Unusable(certificate + ": holds no certificate in PEM form");
    }
    try {
      options.setKeyValue(secret);
      for (KeyManager each : options.getKeyManagerFactory(vertx).getKeyManagers()) {
        if (each instanceof X509KeyManager manager) {
          return manager;
        }
      }
      throw new Unusable(key + ": holds no private key in PEM form");
    } catch (Unusable unusable) {
      throw unusable;
    } catch (Exception broken) {
      if (String.valueOf(broken.getMessage()).startsWith("private key algorithm does not match")) {
        throw doesNotFit();
      }
      // The library throws whatever its parsers throw, with no word of the file.
      throw new Unusable(certificate + " or " + key + ": cannot be used (" + broken + ")");
    }
  }

  /** What the key signs, the certificate has to verify. */
  private void requireFit(X509Certificate first, PrivateKey privateKey) throws Unusable {
    String algorithm =
        privateKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(privateKey);
      byte[] signed = signature.sign();
      signature.initVerify(first);
      if (signature.verify(signed)) {
        return;
      }
    } catch (GeneralSecurityException doNotFit) {
      // A key of another kind cannot even try.
    }
    throw doesNotFit();
  }

  private Unusable doesNotFit() {
    return new Unusable(key + ": does not belong to the certificate in " + certificate);
  }

  /** What a server needs to use the files as they were read last. */
  ServerSSLOptions options() {
    ServerSSLOptions options = new ServerSSLOptions();
    options.setKeyCertOptions(pem());
    options.setUseAlpn(true);
    options.setApplicationLayerProtocols(List.of("h2", "http/1.1"));
    options.setEnabledSecureTransportProtocols(PROTOCOLS);
    options.setSslHandshakeTimeout(HANDSHAKE_SECONDS);
    options.setSslHandshakeTimeoutUnit(TimeUnit.SECONDS);
    return options;
  }

  private PemKeyCertOptions pem() {
    Pair now = pair;
    return new PemKeyCertOptions().setCertValue(now.chain()).setKeyValue(now.key());
  }

  /**
   * Makes a server speak TLS, with HTTP/2 where the client can. The bounds of HTTP/2 are those of
   * HTTP/1.1 and three of its own: streams at once, streams that a client opens and cancels over
   * and over (CVE-2023-44487), and windows, which stay at what the standard begins with, so that a
   * client cannot have more in our memory than that.
   */
  void addTo(HttpServerOptions options) {
    options
        .setSsl(true)
        .setUseAlpn(true)
        .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
        .setKeyCertOptions(pem())
        .setEnabledSecureTransportProtocols(PROTOCOLS)
        .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
        .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
        .setHttp2RstFloodMaxRstFramePerWindow(RESETS_MAX)
        .setHttp2RstFloodWindowDuration(RESETS_SECONDS)
        .setInitialSettings(
            new Http2Settings()
                .setMaxConcurrentStreams(STREAMS_MAX)
                .setMaxHeaderListSize(HEADER_LIST_BYTES_MAX));
  }
}
