package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.RunningGateway;
import com.runspace.testkit.PemFiles;
import com.runspace.testkit.Script;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates: which are taken, what is said of those that are not, and how they are renewed. */
class TlsTest extends EndToEnd {
  @TempDir private Path folder;

  /** Any certificate will do: which one it was is what the tests ask. */
  private static final class Trusting extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private SSLSocket connect(String... protocols) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Trusting()}, new SecureRandom());
      SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", gateway().port());
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(protocols);
      socket.setSSLParameters(parameters);
      socket.setSoTimeout((int) SOON.toMillis());
      socket.startHandshake();
      return closing(socket);
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Whose certificate a new connection meets. */
  private String holder() throws IOException {
    X509Certificate first =
        (X509Certificate) connect("http/1.1").getSession().getPeerCertificates()[0];
    return first.getSubjectX500Principal().getName();
  }

  private void start(PemFiles files) {
    start(RunningGateway.before(upstream).server(files.settings()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA"})
  void bothVersionsOfHttpAreOffered(String algorithm) throws IOException {
    start(PemFiles.make(folder, "one", "-keyalg", algorithm));
    assertThat(connect("h2", "http/1.1").getApplicationProtocol()).isEqualTo("h2");
    assertThat(connect("http/1.1").getApplicationProtocol()).isEqualTo("http/1.1");
    SSLSocket old = connect();
    old.getOutputStream().write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(UTF_8));
    byte[] line = old.getInputStream().readNBytes(15);
    assertThat(new String(line, UTF_8)).isEqualTo("HTTP/1.1 200 OK");
  }

  @Test
  void renewedCertificateIsUsedAndABadOneIsNot() throws IOException {
    PemFiles used = PemFiles.make(folder, "used");
    PemFiles first = PemFiles.make(folder, "first");
    PemFiles second = PemFiles.make(folder, "second");
    copy(first, used);
    start(used);
    assertThat(holder()).isEqualTo("CN=first");
    copy(second, used);
    gateway().renewCertificate();
    assertThat(holder()).isEqualTo("CN=second");
    assertThat(connect("h2", "http/1.1").getApplicationProtocol()).isEqualTo("h2");
    Files.copy(first.key(), used.key(), StandardCopyOption.REPLACE_EXISTING);
    gateway().renewCertificate();
    assertThat(holder()).isEqualTo("CN=second");
    Files.delete(used.certificate());
    gateway().renewCertificate();
    assertThat(holder()).isEqualTo("CN=second");
    copy(first, used);
    gateway().renewCertificate();
    assertThat(holder()).isEqualTo("CN=first");
  }

  private static void copy(PemFiles from, PemFiles to) throws IOException {
    Files.copy(from.certificate(), to.certificate(), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(from.key(), to.key(), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void expiredCertificateIsTakenAllTheSame() throws IOException {
    String[] past = {"-keyalg", "EC", "-startdate", "-10d", "-validity", "5"};
    start(PemFiles.make(folder, "old", past));
    assertThat(holder()).isEqualTo("CN=old");
  }

  @Test
  void whatCannotBeUsedIsSaidAtTheStart() throws IOException {
    PemFiles good = PemFiles.make(folder, "good");
    PemFiles other = PemFiles.make(folder, "other", "-keyalg", "RSA");
    PemFiles sameKind = PemFiles.make(folder, "kind");
    Path none = folder.resolve("none.pem");
    Path text = Files.writeString(folder.resolve("text.pem"), "no certificate");
    Path torn =
        Files.writeString(
            folder.resolve("torn.pem"), Files.readString(good.certificate()).substring(0, 300));
    refused(new PemFiles(none, good.key()), none + ": there is no such file");
    refused(new PemFiles(good.certificate(), none), none + ": there is no such file");
    refused(new PemFiles(good.certificate(), other.key()), "does not belong to the certificate");
    refused(new PemFiles(good.certificate(), sameKind.key()), "does not belong to the certif");
    refused(new PemFiles(text, good.key()), text + ": holds no certificate in PEM form");
    refused(new PemFiles(good.certificate(), text), text + ": holds no private key in PEM form");
    refused(new PemFiles(good.key(), good.certificate()), "holds no private key in PEM form");
    refused(new PemFiles(folder, good.key()), folder + ": cannot be read");
    refused(new PemFiles(torn, good.key()), "torn.pem");
    PemFiles odd = PemFiles.make(folder, "odd", "-keyalg", "Ed25519");
    refused(odd, "odd.key: cannot be used");
  }

  private void refused(PemFiles files, String why) {
    assertThatThrownBy(() -> RunningGateway.before(upstream).server(files.settings()).start())
        .cause()
        .hasMessageStartingWith("server.tls: ")
        .hasMessageContaining(why);
  }

  @Test
  void providersAreSpokenToOverTlsAndTheirCertificateIsChecked() {
    PemFiles files = PemFiles.make(folder, "provider");
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    RunningGateway provider =
        start(
            RunningGateway.before(upstream)
                .server(files.settings())
                .model("aliases: [%s],".formatted(RunningGateway.PROVIDERS_MODEL)));
    RunningGateway.Plan plan =
        RunningGateway.before(provider.port())
            .scheme("https")
            .environment(Map.of("PROVIDERS_KEY", provider.key()));
    String key = "key: \"${PROVIDERS_KEY}\",";
    start(plan.provider(key + "authorities: \"" + files.certificate() + "\","));
    assertThat(call(plain("")).text()).contains("hi");
    start(plan.provider(key));
    assertThat(refusal(call(plain("")), 503).getString("code")).isEqualTo("model_unavailable");
    PemFiles another = PemFiles.make(folder, "another");
    start(plan.provider(key + "authorities: \"" + another.certificate() + "\","));
    assertThat(refusal(call(plain("")), 503).getString("code")).isEqualTo("model_unavailable");
    assertThat(upstream.requests()).hasSize(1);
  }
}
