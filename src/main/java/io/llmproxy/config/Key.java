package io.llmproxy.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One key of a section, as a record component describes it.
 *
 * @param name the key's own spelling
 * @param type type of its value; of a list's items, if it holds a list
 * @param isList whether it holds a list, of sections or of single values
 * @param setting what it means and takes
 */
public record Key(String name, Class<?> type, boolean isList, Setting setting) {
    private static final Pattern HUMP = Pattern.compile("(?=[A-Z])");

    public static Key of(RecordComponent component) {
        Setting setting = Objects.requireNonNull(component.getAnnotation(Setting.class), component::toString);
        boolean isList = component.getType() == List.class;
        Class<?> type = isList
                ? (Class<?>) ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0]
                : component.getType();
        return new Key(snakeCase(component.getName()), type, isList, setting);
    }

    /** All spellings, the key's own first. */
    public List<String> spellings() {
        return Stream.concat(Stream.of(name), Stream.of(setting.alias())).toList();
    }

    /** Returns the same key with single values of another type. */
    public Key of(Class<?> other) {
        return new Key(name, other, false, setting);
    }

    /** Whether it holds names of models, which an operator chooses: no section has such keys. */
    public boolean isModels() {
        return type == ModelMap.class;
    }

    /** Whether it holds a section, or a list of them. */
    public boolean isSection() {
        return type.isRecord();
    }

    /** The record that the section, or each section of the list, becomes. */
    public Section section() {
        return Section.of(type.asSubclass(Record.class));
    }

    private static String snakeCase(String javaName) {
        return HUMP.matcher(javaName).replaceAll("_").toLowerCase(Locale.ROOT);
    }
}
