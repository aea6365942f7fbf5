package io.llmproxy.convert.json;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value. Members keep their order, numbers their text: {@code 1.0} is not {@code 1}, and an identifier of 64
 * bits stays whole. Objects and arrays can be added to while they are made.
 */
public sealed interface Json {

    /** Returns the compact text of this value in UTF-8. */
    default byte[] bytes() {
        return new JsonBuffer(512).value(this).toBytes();
    }

    /** Returns the compact text of this value. */
    default String text() {
        return new JsonBuffer(256).value(this).toString();
    }

    /** A string, without its quotes and escapes. */
    record Str(String value) implements Json {}

    /** A number as it was written. */
    record Num(String literal) implements Json {
        /** Makes a whole number. */
        public static Num of(long value) {
            return new Num(Long.toString(value));
        }

        /** Returns the nearest number that a double can hold. */
        public double asDouble() {
            return Double.parseDouble(literal);
        }
    }

    /** Whether it is so. */
    enum Bool implements Json {
        /** {@code true}. */
        TRUE,
        /** {@code false}. */
        FALSE;

        /** Returns the constant for a value. */
        public static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }
    }

    /** {@code null}. */
    enum Null implements Json {
        /** The only one. */
        NULL
    }

    /** An array. */
    record Arr(List<Json> items) implements Json {
        /** Makes an empty one. */
        public Arr() {
            this(new ArrayList<>());
        }

        /** Makes an array of strings. */
        public static Arr ofStrings(Collection<String> texts) {
            Arr array = new Arr();
            texts.forEach(array::add);
            return array;
        }

        /** Adds a value at the end. */
        public Arr add(Json value) {
            items.add(value);
            return this;
        }

        /** Adds a string at the end. */
        public Arr add(String value) {
            return add(new Str(value));
        }

        /** Returns whether there is none. */
        public boolean isEmpty() {
            return items.isEmpty();
        }
    }

    /** An object. */
    record Obj(Map<String, Json> members) implements Json {
        /** Makes an empty one. */
        public Obj() {
            this(new LinkedHashMap<>());
        }

        /** Returns a member, or null if there is none or it is {@code null}. */
        public @Nullable Json get(String name) {
            Json value = members.get(name);
            return value == Null.NULL ? null : value;
        }

        /** Returns a member that is an object, or null. */
        public @Nullable Obj object(String name) {
            return members.get(name) instanceof Obj object ? object : null;
        }

        /** Returns a member that is an array, or an empty one. */
        public List<Json> array(String name) {
            return members.get(name) instanceof Arr array ? array.items() : Collections.emptyList();
        }

        /** Returns a member that is a string, or null. */
        public @Nullable String string(String name) {
            return members.get(name) instanceof Str text ? text.value() : null;
        }

        /** Returns a member that is a string, or another text. */
        public String string(String name, String otherwise) {
            return members.get(name) instanceof Str text ? text.value() : otherwise;
        }

        /** Returns a member that is a whole number or the text of one, or another number. */
        public long number(String name, long otherwise) {
            Json value = members.get(name);
            String text = value instanceof Num number ? number.literal() : value instanceof Str str ? str.value() : "";
            try {
                return text.isEmpty() ? otherwise : Long.parseLong(text);
            } catch (NumberFormatException e) {
                return fraction(text, otherwise);
            }
        }

        /** Returns whether a member is {@code true}. */
        public boolean isTrue(String name) {
            return members.get(name) == Bool.TRUE;
        }

        /** Sets a member; nothing if the value is null. */
        public Obj put(String name, @Nullable Json value) {
            if (value != null) {
                members.put(name, value);
            }
            return this;
        }

        /** Sets a member; nothing if the value is null. */
        public Obj put(String name, @Nullable String value) {
            return value == null ? this : put(name, new Str(value));
        }

        /** Sets a member to a whole number. */
        public Obj put(String name, long value) {
            return put(name, Num.of(value));
        }

        /** Sets a member. */
        public Obj put(String name, boolean value) {
            return put(name, Bool.of(value));
        }

        /** Sets a member to {@code null}. */
        public Obj putNull(String name) {
            return put(name, Null.NULL);
        }

        /** Returns whether there is no member. */
        public boolean isEmpty() {
            return members.isEmpty();
        }

        private static long fraction(String text, long otherwise) {
            try {
                return (long) Double.parseDouble(text);
            } catch (NumberFormatException e) {
                return otherwise;
            }
        }
    }
}
