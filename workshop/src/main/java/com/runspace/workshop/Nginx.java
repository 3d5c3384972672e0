package com.runspace.workshop;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * nginx as a bare proxy with one worker: no key check, no JSON, no rewriting.
 *
 * <p>It is the floor and not a rival: what it costs to move these bytes through a second pair of
 * sockets. It runs in the foreground from a configuration of its own, apart from any system
 * service.
 */
final class Nginx {
  static final String NAME = "nginx";

  private Nginx() {}

  /** Where the program is, or null. */
  static @Nullable Path find(String asked) {
    if (!asked.isEmpty()) {
      Path path = Path.of(asked).toAbsolutePath();
      return Files.isExecutable(path) ? path : null;
    }
    String folders = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
    return Stream.of(folders.split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, NAME))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  static Gateway start(Path program, Path temp, int upstream) throws IOException {
    Path folder = Files.createTempDirectory(temp, NAME);
    int port = Ports.free();
    Path config = folder.resolve("nginx.conf");
    Files.writeString(config, config(OpenFiles.limit(), upstream, port));
    List<String> command =
        List.of(program.toString(), "-e", "stderr", "-p", folder + "/", "-c", config.toString());
    Child child = Child.start(NAME, folder, command, Map.of());
    try {
      child.awaitPort(port, Duration.ofSeconds(10));
    } catch (IOException e) {
      child.close();
      throw e;
    }
    return new Gateway(NAME, false, port, List.of("authorization: Bearer x"), child);
  }

  /**
   * A body of 32 KB stays in memory, as it does in the other gateways. Connections are allowed in
   * plenty, since nginx drops young ones when fewer than a sixteenth are left.
   */
  private static String config(int files, int upstream, int port) {
    String user = System.getProperty("user.name").equals("root") ? "user root;" : "";
    return """
    %s
    daemon off;
    worker_processes 1;
    worker_rlimit_nofile %d;
    pid nginx.pid;
    error_log stderr warn;
    events { worker_connections 65536; }
    http {
      access_log off;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      client_body_buffer_size 128k;
      keepalive_requests 1000000000;
      keepalive_timeout 1h;
      upstream provider {
        server 127.0.0.1:%d;
        keepalive 256;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
      }
      server {
        listen 127.0.0.1:%d backlog=4096;
        location / {
          proxy_pass http://provider;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
          proxy_read_timeout 1h;
        }
      }
    }
    """
        .formatted(user, files, upstream, port);
  }
}
