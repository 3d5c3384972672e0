package com.runspace.http;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Turns requests of a version other than HTTP/1.0 and 1.1 into unreadable ones. Left to itself,
 * Vert.x answers them without a body, and repeats whatever stood there in its status line.
 */
@Sharable
final class KnownVersions extends ChannelInboundHandlerAdapter {
  private static final KnownVersions ONE = new KnownVersions();
  private static final String BEHIND = "httpDecoder";

  private KnownVersions() {}

  /** Watches a connection that was just accepted. */
  static void watch(HttpConnection connection) {
    ((ConnectionBase) connection)
        .channelHandlerContext()
        .pipeline()
        .addAfter(BEHIND, "knownVersions", ONE);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      HttpVersion asked = request.protocolVersion();
      // Vert.x looks for the very objects, and a name in small letters makes another one.
      boolean old = asked.equals(HttpVersion.HTTP_1_0);
      request.setProtocolVersion(old ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1);
      boolean known = old || asked.equals(HttpVersion.HTTP_1_1);
      if (!known && request.decoderResult().isSuccess()) {
        Exception fault = new IllegalArgumentException("version " + asked);
        request.setDecoderResult(DecoderResult.failure(fault));
      }
    }
    context.fireChannelRead(message);
  }
}
