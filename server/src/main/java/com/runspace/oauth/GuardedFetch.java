package com.runspace.oauth;

import static java.util.Objects.requireNonNullElse;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Fetches a small document from an address that a stranger named. The name is resolved once, every
 * address that it has must be a public one, and the connection goes to such an address and to no
 * other, so that a name that means something else a moment later changes nothing; the certificate
 * must still be that of the name. No redirects, little time, few bytes, few at once.
 */
public final class GuardedFetch {
  static final int BYTES_MAX = 5 << 10;

  private static final int HEAD_BYTES_MAX = 8 << 10;
  private static final int AT_ONCE_MAX = 16;
  private static final int HTTPS = 443;

  /** Finds the addresses of a host. It may block. */
  @FunctionalInterface
  public interface Names {
    List<InetAddress> of(String host) throws UnknownHostException;

    /** As this machine does. */
    static Names system() {
      return host -> List.of(InetAddress.getAllByName(host));
    }
  }

  /**
   * What may be reached.
   *
   * @param port that a document may be at
   */
  public record Reach(Names names, Predicate<InetAddress> addresses, int port, Duration limit) {
    /** The public internet, over the usual port. */
    public static Reach publicInternet() {
      return new Reach(Names.system(), GuardedFetch::isPublic, HTTPS, Duration.ofSeconds(5));
    }
  }

  /** A document. */
  static final class Fetched {
    private final byte[] body;
    private final String cacheControl;

    Fetched(byte[] body, String cacheControl) {
      this.body = body;
      this.cacheControl = cacheControl;
    }

    byte[] body() {
      return body;
    }

    String cacheControl() {
      return cacheControl;
    }
  }

  /** There is no document; the message says why, for the log. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  private final HttpClient client;
  private final Reach reach;
  private final Semaphore places = new Semaphore(AT_ONCE_MAX);
  private final Semaphore resolving = new Semaphore(AT_ONCE_MAX);

  /**
   * Fetches within a reach.
   *
   * @param trust whose certificates are believed, as in the options of a client
   */
  public GuardedFetch(Vertx vertx, Reach reach, HttpClientOptions trust) {
    this.reach = reach;
    client =
        vertx.createHttpClient(
            new HttpClientOptions(trust)
                .setSsl(true)
                .setVerifyHost(true)
                .setForceSni(true)
                .setKeepAlive(false)
                .setMaxHeaderSize(HEAD_BYTES_MAX)
                .setConnectTimeout(Math.toIntExact(reach.limit.toMillis())));
  }

  /** Fetches; blocks for the reach's limit at most. */
  Fetched get(URI url) throws Refused {
    if (!places.tryAcquire()) {
      throw new Refused("too many documents are fetched now");
    }
    try {
      return fetch(url);
    } finally {
      places.release();
    }
  }

  private Fetched fetch(URI url) throws Refused {
    String host = requireNonNullElse(url.getHost(), "");
    int port = url.getPort() == -1 ? HTTPS : url.getPort();
    if (!"https".equals(url.getScheme()) || host.isEmpty() || port != reach.port) {
      throw new Refused("only https on port " + reach.port + " is fetched");
    }
    String query = url.getRawQuery();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            // The name is for the certificate and the Host header, the address for the connection.
            .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(checked(host), port)))
            .setHost(host)
            .setPort(port)
            .setSsl(true)
            .setURI(url.getRawPath() + (query == null ? "" : "?" + query))
            .setFollowRedirects(false)
            .putHeader("accept", "application/json")
            .putHeader("user-agent", "RunSpace");
    Call call = new Call();
    client
        .request(options)
        .onSuccess(call::send)
        .onFailure(fault -> call.end.tryFail(new Refused("it cannot be reached")));
    return call.await(reach.limit);
  }

  private InetAddress checked(String host) throws Refused {
    List<InetAddress> found = within(host);
    for (InetAddress each : found) {
      if (!reach.addresses.test(each)) {
        throw new Refused("the host has an address that is not public");
      }
    }
    try {
      InetAddress first =
          found.stream().filter(Inet4Address.class::isInstance).findFirst().orElse(found.get(0));
      return InetAddress.getByAddress(first.getAddress());
    } catch (UnknownHostException | IndexOutOfBoundsException none) {
      throw new Refused("the host has no address");
    }
  }

  /** Resolvers take their own time, so ours is measured from outside. */
  private List<InetAddress> within(String host) throws Refused {
    if (!resolving.tryAcquire()) {
      throw new Refused("too many hosts are being looked up; try again in a moment");
    }
    CompletableFuture<List<InetAddress>> found = new CompletableFuture<>();
    // Resolvers hold a thread of the system, and virtual threads have few of them to share.
    Thread.ofPlatform()
        .daemon()
        .name("resolve")
        .start(() -> {
          try {
            found.complete(reach.names.of(host));
          } catch (UnknownHostException | RuntimeException none) {
            found.completeExceptionally(none);
          } finally {
            resolving.release();
          }
        });
    return await(found, reach.limit, "the host has no address");
  }

  private static <T> T await(CompletableFuture<T> future, Duration limit, String otherwise)
      throws Refused {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException slow) {
      throw new Refused("it takes too long");
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Refused refused ? refused : new Refused(otherwise);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new Refused("interrupted");
    }
  }

  /** One request on its way; everything but {@link #await} is done by its event loop. */
  private static final class Call {
    private final Promise<Fetched> end = Promise.promise();
    private final Buffer body = Buffer.buffer();
    private volatile boolean over;

    void send(HttpClientRequest request) {
      end.future().onComplete(_ -> request.reset());
      if (over) {
        end.tryFail(new Refused("it takes too long"));
        return;
      }
      request
          .send()
          .onSuccess(this::head)
          .onFailure(_ -> end.tryFail(new Refused("the connection was lost")));
    }

    private void head(HttpClientResponse response) {
      String type = requireNonNullElse(response.getHeader("content-type"), "");
      String plain = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
      if (response.statusCode() != 200) {
        end.tryFail(new Refused("it answers " + response.statusCode()));
      } else if (!plain.matches("application/([\\w.-]+\\+)?json")) {
        end.tryFail(new Refused("it is not JSON"));
      } else {
        String cache = requireNonNullElse(response.getHeader("cache-control"), "");
        response
            .handler(this::piece)
            .exceptionHandler(_ -> end.tryFail(new Refused("the connection was lost")))
            .endHandler(_ -> end.tryComplete(new Fetched(body.getBytes(), cache)));
      }
    }

    private void piece(Buffer bytes) {
      if (body.length() + bytes.length() > BYTES_MAX) {
        end.tryFail(new Refused("it is larger than 5 KB"));
      } else {
        body.appendBuffer(bytes);
      }
    }

    Fetched await(Duration limit) throws Refused {
      try {
        return GuardedFetch.await(
            end.future().toCompletionStage().toCompletableFuture(), limit, "it is not to be had");
      } finally {
        over = true;
        end.tryFail(new Refused("it takes too long"));
      }
    }
  }

  /** Whether an address is one of the internet: not of this machine, its networks, or reserved. */
  static boolean isPublic(InetAddress address) {
    return address instanceof Inet6Address six ? isPublic(six) : isPublic(address.getAddress());
  }

  /** RFC 6890 and what came after it. */
  private static boolean isPublic(byte[] four) {
    int a = four[0] & 0xff;
    int b = four[1] & 0xff;
    int c = four[2] & 0xff;
    return switch (a) {
      case 0, 10, 127 -> false;
      case 100 -> b < 64 || b > 127;
      case 169 -> b != 254;
      case 172 -> b < 16 || b > 31;
      case 192 -> b != 168 && !(b == 0 && (c == 0 || c == 2)) && !(b == 88 && c == 99);
      case 198 -> b != 18 && b != 19 && !(b == 51 && c == 100);
      case 203 -> !(b == 0 && c == 113);
      default -> a < 224;
    };
  }

  /** Only 2000::/3 is given out (RFC 4291), and in it the parts that stand for others are not. */
  private static boolean isPublic(Inet6Address address) {
    byte[] six = address.getAddress();
    int first = (six[0] & 0xff) << 8 | (six[1] & 0xff);
    int second = (six[2] & 0xff) << 8 | (six[3] & 0xff);
    boolean isGiven = first >= 0x2000 && first <= 0x3fff;
    boolean isProtocols = first == 0x2001 && second < 0x200;
    boolean isDocumentation = (first == 0x2001 && second == 0x0db8) || first == 0x3fff;
    return isGiven && !isProtocols && !isDocumentation && first != 0x2002;
  }
}
