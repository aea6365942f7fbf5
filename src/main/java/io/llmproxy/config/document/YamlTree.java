package io.llmproxy.config.document;

import java.util.List;
import java.util.Map;

/** A YAML document as it was written: every part knows its place, no value has a type yet. */
public sealed interface YamlTree {
    /** Where the key or the list item stands that holds this. */
    Origin origin();

    /** Returns the same, standing elsewhere: an alias stands where it is used, not where its anchor is. */
    YamlTree at(Origin origin);

    /** What this is, in a message. */
    String kind();

    /** Whether nothing is written, as in {@code key:} or {@code key: null}. */
    default boolean isAbsent() {
        return false;
    }

    /** Whether this is the value of a variable. */
    default boolean isVariable() {
        return false;
    }

    /** Keys and what they hold. */
    record Mapping(Origin origin, Map<String, YamlTree> entries) implements YamlTree {
        @Override
        public Mapping at(Origin origin) {
            return new Mapping(origin, entries);
        }

        @Override
        public String kind() {
            return "a section";
        }
    }

    /** A list. */
    record Sequence(Origin origin, List<YamlTree> items) implements YamlTree {
        @Override
        public Sequence at(Origin origin) {
            return new Sequence(origin, items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A single value. */
    record Scalar(Origin origin, String text, Style style) implements YamlTree {
        private static final List<String> NULLS = List.of("", "~", "null", "Null", "NULL");

        /** How the value was written. */
        public enum Style {
            PLAIN,
            QUOTED,
            /** In a variable: taken as it stands and never shown. */
            ENVIRONMENT
        }

        @Override
        public Scalar at(Origin origin) {
            return new Scalar(origin, text, style);
        }

        @Override
        public String kind() {
            return isAbsent() ? "nothing" : "a single value";
        }

        @Override
        public boolean isAbsent() {
            return style == Style.PLAIN && NULLS.contains(text);
        }

        @Override
        public boolean isVariable() {
            return style == Style.ENVIRONMENT;
        }
    }
}
