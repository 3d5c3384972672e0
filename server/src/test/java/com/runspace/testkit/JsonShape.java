package com.runspace.testkit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares JSON with a schema of an OpenAPI file: types, required members, fixed and listed values,
 * all the way down. A member that the schema does not know is a fault too, unless it has none.
 */
public final class JsonShape {
  private final JsonObject file;
  private final List<String> faults = new ArrayList<>();

  private JsonShape(JsonObject file) {
    this.file = file;
  }

  /** What does not fit; empty when all does. */
  public static List<String> faults(JsonObject file, JsonObject schema, @Nullable Object value) {
    JsonShape shape = new JsonShape(file);
    shape.check("$", schema, value);
    return shape.faults;
  }

  /** The object that {@code $ref} leads to, or the object itself. */
  public static JsonObject resolve(JsonObject file, JsonObject object) {
    String reference = object.getString("$ref");
    if (reference == null) {
      return object;
    }
    JsonObject place = file;
    for (String name : reference.substring(2).split("/", -1)) {
      place = place.getJsonObject(name);
      if (place == null) {
        throw new AssertionError("nothing at " + reference);
      }
    }
    return resolve(file, place);
  }

  private void check(String path, JsonObject referring, @Nullable Object value) {
    JsonObject schema = resolve(file, referring);
    JsonArray either = schema.getJsonArray("oneOf");
    if (either != null) {
      boolean fits =
          either.stream().anyMatch(each -> faults(file, (JsonObject) each, value).isEmpty());
      fault(!fits, path, "fits none of oneOf", value);
      return;
    }
    fault(
        !isOfType(schema.getValue("type"), value), path, "is no " + schema.getValue("type"), value);
    JsonArray listed = schema.getJsonArray("enum");
    fault(listed != null && !listed.getList().contains(value), path, "is not listed", value);
    Object fixed = schema.getValue("const");
    fault(fixed != null && !fixed.equals(value), path, "is not " + fixed, value);
    if (value instanceof JsonObject object) {
      members(path, schema, object);
    } else if (value instanceof JsonArray array && schema.containsKey("items")) {
      for (int i = 0; i < array.size(); i++) {
        check(path + "[" + i + "]", schema.getJsonObject("items"), array.getValue(i));
      }
    }
  }

  private void members(String path, JsonObject schema, JsonObject object) {
    JsonObject properties = schema.getJsonObject("properties");
    for (Object name : schema.getJsonArray("required", new JsonArray())) {
      fault(!object.containsKey((String) name), path, "lacks " + name, object);
    }
    if (properties == null) {
      return;
    }
    for (Map.Entry<String, Object> member : object) {
      JsonObject expected = properties.getJsonObject(member.getKey());
      if (expected == null) {
        fault(true, path, "has " + member.getKey() + ", which the file does not know", object);
      } else {
        check(path + "." + member.getKey(), expected, member.getValue());
      }
    }
  }

  private static boolean isOfType(@Nullable Object type, @Nullable Object value) {
    if (type instanceof JsonArray types) {
      return types.stream().anyMatch(each -> isOfType(each, value));
    }
    return switch (type == null ? "" : type.toString()) {
      case "" -> true;
      case "null" -> value == null;
      case "string" -> value instanceof String;
      case "boolean" -> value instanceof Boolean;
      case "integer" -> value instanceof Integer || value instanceof Long;
      case "number" -> value instanceof Number;
      case "array" -> value instanceof JsonArray;
      case "object" -> value instanceof JsonObject;
      default -> throw new AssertionError("unknown type " + type);
    };
  }

  private void fault(boolean is, String path, String what, @Nullable Object value) {
    if (is) {
      faults.add(path + " " + what + ": " + value);
    }
  }
}
