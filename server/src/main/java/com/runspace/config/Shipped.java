package com.runspace.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What ships with the program: the catalogue of models and the presets of providers. */
final class Shipped {
  private Shipped() {}

  /** Read once, and only by those who have providers: a start without any need not wait for it. */
  private static final class Read {
    static final Map<String, Map<String, Object>> PRESETS = presetsOf(yaml("providers.yaml"));
    static final Map<String, String> KEY_VARIABLES = keyVariables(PRESETS);
    static final Map<String, Map<String, Object>> MODELS = modelsOf(yaml("catalogue.yaml"));
  }

  /** The environment variable that usually holds the key; null where a key is not needed. */
  static @Nullable String keyVariable(String preset) {
    return Read.KEY_VARIABLES.get(preset);
  }

  /** Each preset by its name, as the settings of a provider. */
  static Map<String, Map<String, Object>> presets() {
    return Read.PRESETS;
  }

  /** Each model by its id, as an entry of the settings' {@code models}. */
  static Map<String, Map<String, Object>> models() {
    return Read.MODELS;
  }

  /** Who sells each model; those of {@code except} are left out. */
  static Map<String, List<String>> sellers(Set<String> except) {
    Map<String, List<String>> sellers = new LinkedHashMap<>();
    models()
        .forEach((id, model) -> {
          if (!except.contains(id) && model.get("routes") instanceof List<?> routes) {
            sellers.put(
                id, routes.stream().map(route -> "" + members(route).get("provider")).toList());
          }
        });
    return sellers;
  }

  private static Map<String, Map<String, Object>> presetsOf(Object document) {
    Map<String, Map<String, Object>> presets = new LinkedHashMap<>();
    ((Map<?, ?>) document).forEach((name, preset) -> presets.put("" + name, members(preset)));
    return presets;
  }

  /** Takes what is no setting out of the presets. */
  private static Map<String, String> keyVariables(Map<String, Map<String, Object>> presets) {
    Map<String, String> variables = new HashMap<>();
    presets.forEach((name, preset) -> {
      String variable = String.valueOf(preset.remove("keyVariable"));
      if (!Boolean.TRUE.equals(preset.remove("keyOptional"))) {
        variables.put(name, variable);
      }
    });
    return variables;
  }

  private static Map<String, Map<String, Object>> modelsOf(Object document) {
    Map<String, Map<String, Object>> models = new LinkedHashMap<>();
    for (Object each : (List<?>) document) {
      Map<String, Object> model = members(each);
      models.put(String.valueOf(model.get("id")), model);
    }
    return models;
  }

  private static Map<String, Object> members(Object object) {
    Map<String, Object> members = new LinkedHashMap<>();
    ((Map<?, ?>) object).forEach((name, value) -> members.put("" + name, value));
    return members;
  }

  private static Object yaml(String name) {
    try (InputStream in = Shipped.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its " + name);
      }
      return new Load(LoadSettings.builder().setLabel(name).build()).loadFromInputStream(in);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
