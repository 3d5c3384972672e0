package com.runspace.models;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The models that this service sells, whether or not a provider of them can be reached just now.
 * Readers see one immutable list at a time; models come and go while the service runs. Safe to
 * share between threads.
 */
public final class Catalogue {
  /** The models as added, and under every name that finds one. */
  private record Names(List<Model> models, Map<String, Model> byName) {}

  private volatile Names names = new Names(List.of(), Map.of());

  public Catalogue(Collection<Model> models) {
    change(list -> list.addAll(models));
  }

  /**
   * Finds a model by its id, else by an alias or another case of either: vendors write the same
   * name in many ways. An id always comes before an alias of another model.
   */
  public Optional<Model> find(String name) {
    Names now = names;
    Model exact = now.byName.get(name);
    return Optional.ofNullable(exact == null ? now.byName.get(lower(name)) : exact);
  }

  /** All models, in the order in which they were added. */
  public List<Model> list() {
    return names.models;
  }

  /** Adds a model, or replaces the one of the same id. */
  public void put(Model model) {
    change(list -> {
      list.removeIf(other -> other.id().equals(model.id()));
      list.add(model);
    });
  }

  public void remove(String id) {
    change(list -> list.removeIf(model -> model.id().equals(id)));
  }

  private synchronized void change(Consumer<List<Model>> edit) {
    List<Model> models = new ArrayList<>(names.models);
    edit.accept(models);
    Map<String, Model> byName = new HashMap<>();
    models.forEach(model -> byName.put(model.id(), model));
    models.forEach(model -> byName.putIfAbsent(lower(model.id()), model));
    for (Model model : models) {
      model.card().aliases().forEach(name -> byName.putIfAbsent(lower(name), model));
    }
    names = new Names(List.copyOf(models), byName);
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
