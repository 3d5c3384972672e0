package com.runspace.models;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The models that can be called now. Readers see one immutable list at a time; models come and go
 * while the service runs. Safe to share between threads.
 */
public final class Catalogue {
  private volatile Map<String, Model> models = Map.of();

  public Catalogue(Collection<Model> models) {
    change(byId -> {
      models.forEach(model -> byId.put(model.id(), model));
      return byId;
    });
  }

  public Optional<Model> find(String id) {
    return Optional.ofNullable(models.get(id));
  }

  /** All models, in the order in which they were added. */
  public List<Model> list() {
    return List.copyOf(models.values());
  }

  /** Adds a model, or replaces the one of the same id. */
  public void put(Model model) {
    change(byId -> {
      byId.put(model.id(), model);
      return byId;
    });
  }

  public void remove(String id) {
    change(byId -> {
      byId.remove(id);
      return byId;
    });
  }

  private synchronized void change(UnaryOperator<Map<String, Model>> edit) {
    models = edit.apply(new LinkedHashMap<>(models));
  }
}
