package com.runspace.gateway;

import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.models.Card;
import com.runspace.models.Catalogue;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.upstream.Providers;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsEndpoint implements Handler {
  static final String PATH = "/v1/models";

  private static final String HUGGING_FACE = "https://huggingface.co/";

  /** What is passed on as it came; which of it a model heeds is its own affair. */
  private static final List<String> PARAMETERS =
      List.of(
          "frequency_penalty",
          "logit_bias",
          "logprobs",
          "max_completion_tokens",
          "max_tokens",
          "min_p",
          "presence_penalty",
          "repetition_penalty",
          "response_format",
          "seed",
          "stop",
          "structured_outputs",
          "temperature",
          "tool_choice",
          "tools",
          "top_k",
          "top_logprobs",
          "top_p");

  private final Keyring keyring;
  private final Catalogue catalogue;
  private final Providers providers;
  private final long startedSeconds;

  /**
   * Lists what can be called.
   *
   * @param startedSeconds stands as {@code created} of models whose own date is not known
   */
  ModelsEndpoint(Keyring keyring, Catalogue catalogue, Providers providers, long startedSeconds) {
    this.keyring = keyring;
    this.catalogue = catalogue;
    this.providers = providers;
    this.startedSeconds = startedSeconds;
  }

  @Override
  public void handle(Exchange exchange) {
    Caller caller = Refusals.caller(exchange, keyring);
    if (caller == null) {
      return;
    }
    String path = exchange.request().path();
    if (path == null || path.length() <= PATH.length() + 1) {
      exchange.json(200, list(caller).toBuffer().getBytes());
    } else {
      one(exchange, caller, path.substring(PATH.length() + 1));
    }
  }

  /** Ids may hold slashes, which some clients encode and some do not. */
  private void one(Exchange exchange, Caller caller, String encoded) {
    String id;
    try {
      // The decoder is one for forms; in a path a plus is a plus.
      id = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      id = encoded;
    }
    Model model =
        catalogue
            .find(id)
            .filter(found -> caller.mayUse(found.id()) && providers.isUp(found))
            .orElse(null);
    if (model == null) {
      Refusals.send(exchange, Completion.notFound(id));
      return;
    }
    exchange.json(200, entry(model).toBuffer().getBytes());
  }

  private JsonObject list(Caller caller) {
    List<Model> models =
        providers.listed(catalogue).stream().filter(m -> caller.mayUse(m.id())).toList();
    JsonArray data = new JsonArray();
    models.forEach(model -> data.add(entry(model)));
    return new JsonObject()
        .put("object", "list")
        .put("data", data)
        .put("has_more", false)
        .put("first_id", models.isEmpty() ? null : models.getFirst().id())
        .put("last_id", models.isEmpty() ? null : models.getLast().id());
  }

  /** One object with the fields of OpenAI, of OpenRouter and of Anthropic, for clients of each. */
  private JsonObject entry(Model model) {
    Card card = model.card();
    long created = card.createdSeconds() == 0 ? startedSeconds : card.createdSeconds();
    JsonArray inputs = new JsonArray();
    model.inputs().stream().sorted().map(Modality::id).forEach(inputs::add);
    String modality = String.join("+", inputs.stream().map(String::valueOf).toList()) + "->text";
    JsonArray parameters = new JsonArray(new ArrayList<>(PARAMETERS));
    if (model.reasoning()) {
      parameters.add("reasoning").add("reasoning_effort");
    }
    return new JsonObject()
        .put("id", model.id())
        .put("object", "model")
        .put("type", "model")
        .put("created", created)
        .put("created_at", Instant.ofEpochSecond(created).toString())
        .put("owned_by", "runspace")
        .put("canonical_slug", model.id())
        .put("name", card.name())
        .put("display_name", card.name())
        .put("hugging_face_id", huggingFaceId(card.weights()))
        .put("weights", card.weights())
        .put("licence", card.licence())
        .put("context_length", model.window())
        .put("max_output_tokens", model.outputMax())
        .put(
            "architecture",
            new JsonObject()
                .put("modality", modality)
                .put("input_modalities", inputs)
                .put("output_modalities", new JsonArray().add("text")))
        .put("pricing", pricing(model.price()))
        .put(
            "top_provider",
            new JsonObject()
                .put("context_length", model.window())
                .put("max_completion_tokens", model.outputMax())
                .put("is_moderated", false))
        .putNull("per_request_limits")
        .put("supported_parameters", parameters);
  }

  private static JsonObject pricing(Price price) {
    return new JsonObject()
        .put("prompt", perToken(price.input()))
        .put("completion", perToken(price.output()))
        .put("input_cache_read", perToken(price.cached()))
        .put("request", "0");
  }

  /** Dollars for one token, exact: the price is in billionths of a dollar for a million tokens. */
  private static String perToken(long nanosPerMillion) {
    BigDecimal dollars = BigDecimal.valueOf(nanosPerMillion, 15);
    return dollars.signum() == 0 ? "0" : dollars.stripTrailingZeros().toPlainString();
  }

  private static @Nullable String huggingFaceId(String weights) {
    return weights.startsWith(HUGGING_FACE) ? weights.substring(HUGGING_FACE.length()) : null;
  }
}
