package com.runspace.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A certificate for localhost and its key, made by the JDK's keytool when a test asks. */
public record PemFiles(Path certificate, Path key) {
  private static final String PASSWORD = "only-for-this-test";

  /** Makes a pair that is valid from now on. */
  public static PemFiles make(Path folder, String name) {
    return make(folder, name, "-keyalg", "EC", "-validity", "30");
  }

  /** Makes a pair with these options of {@code keytool -genkeypair}. */
  public static PemFiles make(Path folder, String name, String... options) {
    Path store = folder.resolve(name + ".p12");
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of("-genkeypair", "-alias", "it", "-dname", "CN=" + name));
    command.addAll(List.of("-ext", "SAN=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD, "-keystore", store.toString()));
    command.addAll(List.of(options));
    try {
      Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
      if (keytool.waitFor() != 0) {
        throw new AssertionError(said);
      }
      return exported(store, folder, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static PemFiles exported(Path store, Path folder, String name)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Key key = keys.getKey("it", PASSWORD.toCharArray());
    return new PemFiles(
        write(folder.resolve(name + ".pem"), "CERTIFICATE", keys.getCertificate("it").getEncoded()),
        write(folder.resolve(name + ".key"), "PRIVATE KEY", key.getEncoded()));
  }

  private static Path write(Path file, String kind, byte[] bytes) throws IOException {
    String dashes = "-----";
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    String begin = dashes + "BEGIN " + kind + dashes + "\n";
    return Files.writeString(file, begin + body + "\n" + dashes + "END " + kind + dashes + "\n");
  }

  /** What belongs into {@code server} of the settings, with a comma before. */
  public String settings() {
    return ", tls: {certificate: \"" + certificate + "\", key: \"" + key + "\"}";
  }
}
