package com.runspace.mcp;

import com.runspace.base.Nanos;
import com.runspace.keys.Caller;
import com.runspace.models.Model;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * {@code list_models}. Some clients hand only the text to the model and others only the structured
 * part, so each is complete by itself.
 */
final class ListModels implements Tool {
  private final Supplier<List<Model>> listed;
  private final Function<Caller, Allowance> allowances;

  ListModels(Supplier<List<Model>> listed, Function<Caller, Allowance> allowances) {
    this.listed = listed;
    this.allowances = allowances;
  }

  @Override
  public JsonObject descriptor() {
    JsonObject model =
        object(
            new JsonObject()
                .put("id", typed("string"))
                .put("name", typed("string"))
                .put("context_length", typed("integer"))
                .put("max_output_tokens", typed("integer"))
                .put("input_usd_per_million_tokens", typed("string"))
                .put("output_usd_per_million_tokens", typed("string"))
                .put("status", typed("string")));
    JsonObject allowance =
        object(
            new JsonObject()
                .put("tier", typed("string"))
                .put("granted_usd", typed("string"))
                .put("left_usd", typed("string"))
                .put("resets_at", typed("string")));
    return new JsonObject()
        .put("name", "list_models")
        .put("title", "List models")
        .put(
            "description",
            "Lists the open models that run_model can run, with id, context window, price per"
                + " million tokens and status, and what is left of today's allowance.")
        .put(
            "inputSchema",
            new JsonObject()
                .put("type", "object")
                .put("properties", new JsonObject())
                .put("additionalProperties", false))
        .put(
            "outputSchema",
            object(
                new JsonObject()
                    .put("models", new JsonObject().put("type", "array").put("items", model))
                    .put("allowance", allowance)))
        .put(
            "annotations",
            new JsonObject()
                .put("title", "List models")
                .put("readOnlyHint", true)
                .put("openWorldHint", false));
  }

  private static JsonObject typed(String type) {
    return new JsonObject().put("type", type);
  }

  private static JsonObject object(JsonObject properties) {
    return new JsonObject()
        .put("type", "object")
        .put("properties", properties)
        .put("required", new JsonArray(List.copyOf(properties.fieldNames())));
  }

  @Override
  public void call(Run run) {
    Allowance day = allowances.apply(run.caller());
    List<Model> models =
        listed.get().stream().filter(model -> run.caller().mayUse(model.id())).toList();
    JsonArray entries = new JsonArray();
    StringBuilder text = new StringBuilder();
    text.append(models.size()).append(models.size() == 1 ? " model" : " models");
    text.append(" in the cloud. Local models are not among them: they run where the desktop");
    text.append(" connector runs.\n");
    for (Model model : models) {
      entries.add(entry(model));
      text.append("- ").append(model.id()).append(": ").append(model.card().name());
      text.append(", ")
          .append(model.window())
          .append(" tokens, $")
          .append(usd(model.price().input()));
      text.append(" in and $").append(usd(model.price().output()));
      text.append(" out per million tokens\n");
    }
    text.append("Allowance: $").append(day.left().usd()).append(" of $");
    text.append(day.granted().usd()).append(" left today");
    text.append(day.tier().isEmpty() ? "" : " (tier " + day.tier() + ")");
    text.append("; it resets at ").append(day.resets()).append('.');
    JsonObject structured =
        new JsonObject()
            .put("models", entries)
            .put(
                "allowance",
                new JsonObject()
                    .put("tier", day.tier())
                    .put("granted_usd", day.granted().usd())
                    .put("left_usd", day.left().usd())
                    .put("resets_at", day.resets()));
    run.done().accept(Tool.text(text.toString()).put("structuredContent", structured));
  }

  private static JsonObject entry(Model model) {
    return new JsonObject()
        .put("id", model.id())
        .put("name", model.card().name())
        .put("context_length", model.window())
        .put("max_output_tokens", model.outputMax())
        .put("input_usd_per_million_tokens", usd(model.price().input()))
        .put("output_usd_per_million_tokens", usd(model.price().output()))
        .put("status", "up");
  }

  private static String usd(long nanos) {
    return new Nanos(nanos).usd();
  }
}
