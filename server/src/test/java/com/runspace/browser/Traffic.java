package com.runspace.browser;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a page brought over the network, as the browser counted it.
 *
 * @param bytes of heads and bodies as they came, by address
 */
record Traffic(Map<String, Long> bytes) {
  /** From DevTools' events, in their order. */
  static Traffic of(List<String> events) {
    Map<String, String> addresses = new HashMap<>();
    Map<String, Long> bytes = new HashMap<>();
    for (String event : events) {
      JsonObject message = new JsonObject(event).getJsonObject("message");
      JsonObject facts = message.getJsonObject("params");
      String request = facts.getString("requestId", "");
      switch (message.getString("method")) {
        case "Network.requestWillBeSent" ->
            addresses.put(request, facts.getJsonObject("request").getString("url"));
        case "Network.loadingFinished" -> {
          String address = addresses.getOrDefault(request, request);
          if (address.startsWith("http")) {
            bytes.merge(address, facts.getDouble("encodedDataLength").longValue(), Long::sum);
          }
        }
        default -> {}
      }
    }
    return new Traffic(bytes);
  }

  long total() {
    return bytes.values().stream().mapToLong(Long::longValue).sum();
  }
}
