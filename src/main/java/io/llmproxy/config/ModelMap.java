package io.llmproxy.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The models that an upstream serves: what clients call them, and what the upstream does. A name goes before all patterns;
 * patterns are tried in the order in which they are written. Immutable.
 */
public final class ModelMap {
    /** Serves every model under its own name. */
    public static final ModelMap ALL = new ModelMap(List.of());

    private final List<Entry> entries;
    private final Map<String, Entry> exact = new HashMap<>();
    private final List<Entry> patterns = new ArrayList<>();

    /** @param entries in the order in which they are written */
    public ModelMap(List<Entry> entries) {
        this.entries = List.copyOf(entries);
        for (Entry entry : entries) {
            if (entry.model.isExact()) {
                exact.putIfAbsent(entry.model.text(), entry);
            } else {
                patterns.add(entry);
            }
        }
    }

    /**
     * Gives models a name.
     *
     * @param model what clients ask for
     * @param upstreamName what the upstream calls it, where {@code *} is what the model's own {@code *} stands for; empty if it is the same
     */
    public record Entry(ModelPattern model, String upstreamName) {
        String nameOf(String requested) {
            if (upstreamName.isEmpty()) {
                return requested;
            }
            return upstreamName.contains("*")
                    ? model.rest(requested)
                            .map(rest -> upstreamName.replace("*", rest))
                            .orElse(upstreamName)
                    : upstreamName;
        }
    }

    /** What is said of models, in the order in which it is written. */
    public List<Entry> entries() {
        return entries;
    }

    /** The names and patterns, in the order in which they are written. */
    public List<String> texts() {
        return entries.stream().map(entry -> entry.model().text()).toList();
    }

    /** Whether nothing is said of models, so that all are served. */
    public boolean isAll() {
        return entries.isEmpty();
    }

    /** Returns the upstream's name of a model, or null if it does not serve the model. */
    public @Nullable String upstreamName(String requested) {
        if (isAll()) {
            return requested;
        }
        Entry named = exact.get(requested);
        if (named != null) {
            return named.nameOf(requested);
        }
        for (Entry entry : patterns) {
            if (entry.model.matches(requested)) {
                return entry.nameOf(requested);
            }
        }
        return null;
    }

    /** Returns the name or the pattern under which a model is written here; null if it is not, or if nothing is said of models. */
    public @Nullable String configured(String requested) {
        Entry named = exact.get(requested);
        if (named != null) {
            return named.model.text();
        }
        for (Entry entry : patterns) {
            if (entry.model.matches(requested)) {
                return entry.model.text();
            }
        }
        return null;
    }

    /** The models that are named one by one, in alphabetical order; what patterns stand for cannot be listed. */
    public List<String> names() {
        return List.copyOf(new TreeSet<>(exact.keySet()));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ModelMap that && entries.equals(that.entries);
    }

    @Override
    public int hashCode() {
        return entries.hashCode();
    }

    @Override
    public String toString() {
        return entries.toString();
    }
}
