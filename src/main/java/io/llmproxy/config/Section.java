package io.llmproxy.config;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A section of the configuration, as its record describes it.
 *
 * @param type the record that the section becomes
 * @param keys the section's keys, in the order of the record's components
 * @param obsolete keys that are accepted and not read
 */
public record Section(Class<? extends Record> type, List<Key> keys, List<String> obsolete) {
    /** The key that every {@link Switchable} section has besides its record's. */
    public static final Key SWITCH = of(Switch.class).keys().get(0);

    private record Switch(
            @Setting(value = "`false` switches the section off; without this key it is on.", byDefault = "true")
            boolean enabled) {}

    public static Section of(Class<? extends Record> type) {
        Obsolete obsolete = type.getAnnotation(Obsolete.class);
        return new Section(
                type,
                Stream.of(type.getRecordComponents()).map(Key::of).toList(),
                obsolete == null ? List.of() : List.of(obsolete.value()));
    }

    public boolean isSwitchable() {
        return type.isAnnotationPresent(Switchable.class);
    }

    /** Every name that a key of the section may have, apart from the obsolete ones. */
    public List<String> spellings() {
        Stream<Key> all = isSwitchable() ? Stream.concat(Stream.of(SWITCH), keys.stream()) : keys.stream();
        return all.flatMap(key -> key.spellings().stream()).toList();
    }

    /** Returns the key of a spelling, or nothing if the section has none. */
    public Optional<Key> find(String spelling) {
        return keys.stream().filter(key -> key.spellings().contains(spelling)).findFirst();
    }

    /** Makes the record of its components' values. */
    public Record create(@Nullable Object[] values) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " cannot be made", e);
        }
    }
}
