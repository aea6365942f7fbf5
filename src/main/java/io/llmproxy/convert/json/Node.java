package io.llmproxy.convert.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value of a document together with its place, so that an error can say where it stands. A member that is
 * {@code null} counts as absent.
 */
public final class Node {
    private final @Nullable Json json;
    private final @Nullable Node parent;
    private final String name;
    private final int index;

    private Node(@Nullable Json json, @Nullable Node parent, String name, int index) {
        this.json = json == Json.Null.NULL ? null : json;
        this.parent = parent;
        this.name = name;
        this.index = index;
    }

    /** Returns the document itself. */
    public static Node of(Json json) {
        return new Node(json, null, "", -1);
    }

    /** A value is not what its place demands. The message names the place, and nothing of the value. */
    public static final class Mismatch extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String path;

        Mismatch(String path, String expectation) {
            super((path.isEmpty() ? "the body" : path) + " " + expectation, null, false, false);
            this.path = path;
        }

        /** Returns the place: {@code messages[3].content}. */
        public String path() {
            return path;
        }
    }

    /** Returns the error that this value is not as it must be, such as {@code must be a string}. */
    public Mismatch mismatch(String expectation) {
        return new Mismatch(path(), expectation);
    }

    /** Returns the place: {@code messages[3].content}; empty for the document. */
    public String path() {
        if (parent == null) {
            return name;
        }
        String before = parent.path();
        if (index >= 0) {
            return before + '[' + index + ']';
        }
        return before.isEmpty() ? name : before + '.' + name;
    }

    /** Returns whether there is a value. */
    public boolean exists() {
        return json != null;
    }

    /** Returns whether it is a string. */
    public boolean isText() {
        return json instanceof Json.Str;
    }

    /** Returns whether it is an array. */
    public boolean isArray() {
        return json instanceof Json.Arr;
    }

    /** Returns whether it is an object. */
    public boolean isObject() {
        return json instanceof Json.Obj;
    }

    /** Returns the value, or null. */
    public @Nullable Json json() {
        return json;
    }

    /** Returns a member, which may be absent. */
    public Node get(String member) {
        return new Node(object().members().get(member), this, member, -1);
    }

    /** Returns a member by the first of its spellings that is there. */
    public Node get(String member, String spelling) {
        Node first = get(member);
        return first.exists() ? first : get(spelling);
    }

    /** Returns the object. */
    public Json.Obj object() {
        if (json instanceof Json.Obj object) {
            return object;
        }
        throw mismatch("must be an object");
    }

    /** Returns the object, or null if it is absent. */
    public Json.@Nullable Obj objectOrNull() {
        return json == null ? null : object();
    }

    /** Returns the elements of an array; none if it is absent. */
    public List<Node> items() {
        if (json == null) {
            return List.of();
        }
        if (!(json instanceof Json.Arr array)) {
            throw mismatch("must be an array");
        }
        List<Node> nodes = new ArrayList<>(array.items().size());
        for (int at = 0; at < array.items().size(); at++) {
            nodes.add(new Node(array.items().get(at), this, "", at));
        }
        return nodes;
    }

    /** Returns the elements of an array where a string may stand, too; none if it is absent. */
    public List<Node> itemsOfContent() {
        if (json != null && !isArray()) {
            throw mismatch("must be a string or an array");
        }
        return items();
    }

    /** Returns the elements of an array, or the value itself where one alone may stand for an array of one. */
    public List<Node> itemsOrOne() {
        return json == null || isArray() ? items() : List.of(this);
    }

    /** Returns the string. */
    public String text() {
        if (json instanceof Json.Str text) {
            return text.value();
        }
        throw mismatch("must be a string");
    }

    /** Returns the string, or null if it is absent. */
    public @Nullable String textOrNull() {
        return json == null ? null : text();
    }

    /** Returns the string, or another if it is absent. */
    public String textOr(String otherwise) {
        return json == null ? otherwise : text();
    }

    /** Returns the number, or null if it is absent. */
    public Json.@Nullable Num numberOrNull() {
        if (json == null) {
            return null;
        }
        if (json instanceof Json.Num number) {
            return number;
        }
        throw mismatch("must be a number");
    }

    /** Returns the number if it is there and lies in a range; null if it is absent. */
    public Json.@Nullable Num numberOrNull(double from, double to) {
        Json.Num number = numberOrNull();
        if (number != null && !(number.asDouble() >= from && number.asDouble() <= to)) {
            throw mismatch("must be from " + trim(from) + " to " + trim(to));
        }
        return number;
    }

    /** Returns the whole number, or null if it is absent. The text of one counts too, as protocol buffers write it. */
    public @Nullable Long wholeOrNull() {
        if (json == null) {
            return null;
        }
        String text =
                json instanceof Json.Num number ? number.literal() : json instanceof Json.Str str ? str.value() : "";
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return wholeFraction(text);
        }
    }

    /** Returns the truth value, or null if it is absent. */
    public @Nullable Boolean flagOrNull() {
        if (json == null) {
            return null;
        }
        if (json instanceof Json.Bool flag) {
            return flag == Json.Bool.TRUE;
        }
        throw mismatch("must be true or false");
    }

    /** Returns whether it is there and true. */
    public boolean isTrue() {
        return Boolean.TRUE.equals(flagOrNull());
    }

    /** Returns the members that are not known, those that are {@code null} left out. */
    public List<Map.Entry<String, Json>> others(Set<String> known) {
        List<Map.Entry<String, Json>> others = new ArrayList<>(0);
        for (Map.Entry<String, Json> member : object().members().entrySet()) {
            if (member.getValue() != Json.Null.NULL && !known.contains(member.getKey())) {
                others.add(member);
            }
        }
        return others;
    }

    /** Places tell where something came from; they make no two things different. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Node;
    }

    @Override
    public int hashCode() {
        return 0;
    }

    @Override
    public String toString() {
        return path();
    }

    private Long wholeFraction(String text) {
        try {
            double value = Double.parseDouble(text);
            if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
                return (long) value;
            }
        } catch (NumberFormatException e) {
            throw mismatch("must be a whole number");
        }
        throw mismatch("must be a whole number");
    }

    private static String trim(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
}
