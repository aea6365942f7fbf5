package io.llmproxy.config;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the secrets of a configuration. */
public final class Secrets {
    private final Set<Secret> found = new LinkedHashSet<>();

    private Secrets() {}

    /** Returns all secrets of a section, and of the sections within it. */
    public static Set<Secret> of(Record section) {
        Secrets secrets = new Secrets();
        secrets.look(section);
        return secrets.found;
    }

    private void look(@Nullable Object value) {
        if (value instanceof Secret secret) {
            found.add(secret);
        } else if (value instanceof Record section) {
            for (RecordComponent component : section.getClass().getRecordComponents()) {
                look(read(component, section));
            }
        } else if (value instanceof Collection<?> items) {
            items.forEach(this::look);
        } else if (value instanceof Map<?, ?> entries) {
            entries.values().forEach(this::look);
        }
    }

    private static @Nullable Object read(RecordComponent component, Record section) {
        try {
            return component.getAccessor().invoke(section);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component + " cannot be read", e);
        }
    }
}
