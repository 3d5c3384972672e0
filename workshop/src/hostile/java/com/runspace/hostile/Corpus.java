package com.runspace.hostile;

import java.util.List;

/** Valid chat requests, which the mutations start from. */
final class Corpus {
  private static final String HELLO = "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]";

  static final List<String> BODIES =
      List.of(
          "{\"model\":\"m\"," + HELLO + "}",
          "{\"model\":\"m\",\"stream\":true," + HELLO + ",\"max_tokens\":16}",
          "{"
              + HELLO
              + ",\"model\":\"m\",\"stream\":true,\"stream_options\":"
              + "{\"include_usage\":true},\"max_completion_tokens\":9,\"temperature\":0.7}",
          """
          {"model": "m", "messages": [
           {"role": "system", "content": "Gr\u00fc\u00dfe, \u20ac \ud83d\ude00"},
           {"role": "user", "content": "a \\"quoted\\" word \\u00e9 \\n"}],
           "n": 2, "max_tokens": 5, "stop": ["x", "y"], "user": "u-1", "seed": -12}
          """,
          """
          {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"look"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}],
          "max_tokens":3}
          """,
          """
          {"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c",
          "type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},
          {"role":"tool","tool_call_id":"c","content":"7"}],"tools":[{"type":"function",
          "function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":
          "number"}}}}}],"tool_choice":"auto","parallel_tool_calls":false}
          """,
          "{\"model\":\"m\",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
              + "{\"name\":\"s\",\"schema\":{}}},"
              + HELLO
              + ",\"logit_bias\":{\"50256\":-100}}",
          "{\"x_unknown\":{\"deep\":[1,[2,[3,{\"model\":\"other\"}]]]},\"model\":\"m\","
              + HELLO
              + ",\"metadata\":{\"max_tokens\":\"9\"},\"service_tier\":\"auto\"}",
          "{\"model\":\"nobody-has-this\"," + HELLO + "}");

  /** Names that change what a call is or costs. */
  static final List<String> NAMES =
      List.of(
          "model",
          "messages",
          "stream",
          "stream_options",
          "max_tokens",
          "max_completion_tokens",
          "n",
          "tools",
          "response_format",
          "user",
          "content",
          "role",
          "type",
          "models",
          "provider",
          "best_of",
          "service_tier");

  private Corpus() {}

  /** A valid call that is known by the text of its {@code user}. */
  static String known(String user, boolean stream) {
    return "{\"model\":\"m\",\"user\":\"" + user + "\",\"stream\":" + stream + "," + HELLO + "}";
  }
}
