package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChatEditTest {
  private static final List<String> REMOVED = List.of("provider", "models", "service_tier");
  private static final ChatEdit.Target OLD_NAME = ChatEdit.Target.of("p/x", "max_tokens", REMOVED);
  private static final ChatEdit.Target NEW_NAME =
      ChatEdit.Target.of("p/x", "max_completion_tokens", REMOVED);

  private static String edited(String request, ChatEdit.Target target) {
    ChatRequest scanned = ChatRequest.scan(request.getBytes(UTF_8));
    ByteJoiner out = new ByteJoiner(64);
    ChatEdit.write(scanned, target, 99, out::append);
    return new String(out.toByteArray(), UTF_8);
  }

  private static void assertEdit(String request, String expected) {
    assertThat(edited(request, OLD_NAME)).as(request).isEqualTo(expected);
  }

  @Test
  void limitIsAddedWhenNoneIsAskedFor() {
    assertEdit(
        "{\"model\":\"m\",\"messages\":[{}]}",
        "{\"max_tokens\":99,\"model\":\"p/x\",\"messages\":[{}]}");
    assertThat(edited("{\"model\":\"m\",\"messages\":[{}]}", NEW_NAME))
        .isEqualTo("{\"max_completion_tokens\":99,\"model\":\"p/x\",\"messages\":[{}]}");
  }

  @Test
  void limitStandsUnderTheNameOfTheRouteOnly() {
    assertEdit(
        "{\"max_tokens\": 5 ,\"model\":\"m\",\"messages\":[{}]}",
        "{\"max_tokens\": 99 ,\"model\":\"p/x\",\"messages\":[{}]}");
    assertEdit(
        "{\"max_completion_tokens\":5,\"model\":\"m\",\"messages\":[{}],\"max_tokens\":null}",
        "{\"model\":\"p/x\",\"messages\":[{}],\"max_tokens\":99}");
    assertEdit(
        "{\"max_completion_tokens\":5,\"model\":\"m\",\"messages\":[{}]}",
        "{\"max_tokens\":99,\"model\":\"p/x\",\"messages\":[{}]}");
    assertThat(edited("{\"model\":\"m\",\"max\\u005ftokens\":5,\"messages\":[{}]}", NEW_NAME))
        .isEqualTo("{\"max_completion_tokens\":99,\"model\":\"p/x\",\"messages\":[{}]}");
  }

  @Test
  void streamsAlwaysReportUsage() {
    assertEdit(
        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":5,\"messages\":[{}]}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"p/x\",\"stream\":true,"
            + "\"max_tokens\":99,\"messages\":[{}]}");
    for (String options : List.of("null", "{}", "{ \"include_usage\" : false, \"x\":1 }")) {
      assertEdit(
          "{\"max_tokens\":5,\"model\":\"m\",\"stream\":true,\"stream_options\":"
              + options
              + " ,\"messages\":[{}]}",
          "{\"max_tokens\":99,\"model\":\"p/x\",\"stream\":true,"
              + "\"stream_options\":{\"include_usage\":true} ,\"messages\":[{}]}");
    }
    assertEdit(
        "{\"stream_options\":{\"include_usage\":true},\"max_tokens\":5,\"stream\":false,"
            + "\"model\":\"m\",\"messages\":[{}]}",
        "{\"max_tokens\":99,\"stream\":false,\"model\":\"p/x\",\"messages\":[{}]}");
  }

  @Test
  void droppedFieldsTakeOneCommaAlong() {
    String kept = "\"model\":\"p/x\",\"max_tokens\":99,\"messages\":[{}]}";
    String rest = "\"model\":\"m\",\"max_tokens\":5,\"messages\":[{}]";
    assertEdit("{\"provider\":{},\"models\":[]," + rest + "}", "{" + kept);
    assertEdit("{" + rest + ",\"provider\":{\"a\":[1,\"}\"]}}", "{" + kept);
    assertEdit("{" + rest + ",\"provider\":{},\"models\":[ ],\"service_tier\":\"x\"}", "{" + kept);
    assertEdit(
        "{\"models\":1,\"model\":\"m\",\"provider\":2,\"service_ti\\u0065r\":3,\"max_tokens\":5,"
            + "\"max_completion_tokens\":5,\"messages\":[{}]}",
        "{" + kept);
  }

  @Test
  void whiteSpaceOrderAndUnicodeStay() {
    assertEdit(
        " {\n  \"mod\\u0065l\" : \"m\" ,\n  \"max_tokens\": 5,\n  \"Übung\":\"😀\\u00e9\\/\","
            + "\n  \"x\" : [ 1 , 2.50 , 1E5 ] ,\n  \"messages\" : [ { } ]\n}\r\n",
        " {\n  \"mod\\u0065l\" : \"p/x\" ,\n  \"max_tokens\": 99,\n  \"Übung\":\"😀\\u00e9\\/\","
            + "\n  \"x\" : [ 1 , 2.50 , 1E5 ] ,\n  \"messages\" : [ { } ]\n}\r\n");
    assertEdit(
        "{ \"model\":\"m\", \"messages\":[{}] }",
        "{\"max_tokens\":99, \"model\":\"p/x\", \"messages\":[{}] }");
    assertEdit(
        "{\n \"models\":1,\n \"model\":\"m\",\n \"provider\":1,\n \"max_tokens\":5,\n"
            + " \"messages\":[{}],\n \"service_tier\":1\n}",
        "{\n \"model\":\"p/x\",\n \"max_tokens\":99,\n \"messages\":[{}]\n}");
  }

  @Test
  void modelsOfProvidersAreQuoted() {
    String request = "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]}";
    assertThat(edited(request, ChatEdit.Target.of("a\"\\é", "max_tokens", List.of())))
        .isEqualTo("{\"model\":\"a\\\"\\\\é\",\"max_tokens\":99,\"messages\":[{}]}");
  }

  @Test
  void anyRequestKeepsItsTreeButForTheOwnedFields() {
    long seed = 99;
    Random random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      String request = request(random);
      ChatEdit.Target target = random.nextBoolean() ? OLD_NAME : NEW_NAME;
      String limitName = target.equals(OLD_NAME) ? "max_tokens" : "max_completion_tokens";
      List<JsonReference.Member> expected = expected(request, limitName);
      String edited = edited(request, target);
      assertThat(JsonReference.object(edited.getBytes(UTF_8)).members())
          .as("seed %d, request %d: %s became %s", seed, i, request, edited)
          .isEqualTo(expected);
    }
  }

  private static String request(Random random) {
    List<String> members = new ArrayList<>();
    for (String member :
        List.of(
            "\"provider\":{\"a\":[{}]}",
            "\"models\":[\"x\",\"y\"]",
            "\"service_tier\":null",
            "\"\\u0073ervice_tie\\u0072_\":1",
            "\"temperature\":0.70",
            "\"stop\":[\"}\",\",\"]",
            "\"max_tokens\":5",
            "\"max_completion_tokens\":5",
            "\"ü\":{\"model\":\"decoy\"}",
            "\"stream_options\":{\"include_usage\":false}",
            "\"stream\":true",
            "\"a\":\"\\\"{\"")) {
      if (random.nextInt(3) == 0) {
        members.add(member);
      }
    }
    members.add(random.nextInt(4) == 0 ? "\"\\u006dodel\":\"m\"" : "\"model\":\"m\"");
    members.add("\"messages\":[{\"role\":\"user\",\"content\":\"{\\\"model\\\":1}\"}]");
    Collections.shuffle(members, random);
    List<String> spaces = List.of("", "", "", " ", "\n", "\t\r\n  ");
    StringBuilder text = new StringBuilder("{");
    for (String member : members) {
      text.append(text.length() == 1 ? "" : ",");
      text.append(spaces.get(random.nextInt(spaces.size())));
      text.append(member.replaceFirst("\":", "\"" + spaces.get(random.nextInt(6)) + ":"));
      text.append(spaces.get(random.nextInt(spaces.size())));
    }
    return text.append("}").toString();
  }

  private static List<JsonReference.Member> expected(String request, String limitName) {
    JsonReference.Members read = JsonReference.object(request.getBytes(UTF_8));
    JsonReference.Member limit =
        new JsonReference.Member(limitName, new JsonReference.Literal("99"));
    JsonReference.Member options =
        JsonReference.object("{\"stream_options\":{\"include_usage\":true}}".getBytes(UTF_8))
            .members()
            .getFirst();
    boolean stream = read.names().contains("stream");
    List<JsonReference.Member> expected = new ArrayList<>();
    if (!read.names().contains(limitName)) {
      expected.add(limit);
    }
    if (stream && !read.names().contains("stream_options")) {
      expected.add(options);
    }
    for (JsonReference.Member member : read.members()) {
      switch (member.name()) {
        case "model" ->
            expected.add(new JsonReference.Member("model", new JsonReference.Text("p/x")));
        case "max_tokens", "max_completion_tokens" -> {
          if (member.name().equals(limitName)) {
            expected.add(limit);
          }
        }
        case "stream_options" -> {
          if (stream) {
            expected.add(options);
          }
        }
        case "provider", "models", "service_tier" -> {}
        default -> expected.add(member);
      }
    }
    return expected;
  }
}
