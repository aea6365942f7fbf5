package io.llmproxy.usage;

import io.llmproxy.protocol.JsonScanner;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A place in JSON documents where something is looked for, and the places within it. What has no place is passed over: a
 * path is followed, not searched for.
 */
final class Place {
    private final String name;
    private Place[] members = {};
    /** A bit for each byte that a member's name begins with, modulo 64. */
    private long firsts;

    private @Nullable Place element;
    private Meaning meaning = Meaning.NOTHING;
    private @Nullable Count count;

    /** How a value is read. */
    enum Leaf {
        /** It is not. */
        NONE,
        /** As a number, or as a string that has one. */
        NUMBER,
        /** As a text whose length matters; of an object or an array, the length of its JSON. */
        TEXT,
        /** As a short text. */
        WORD
    }

    /** What stands at a place. */
    enum Meaning {
        /** Nothing but other places. */
        NOTHING(Leaf.NONE),
        /** A count; the latest one is right. */
        COUNT(Leaf.NUMBER),
        /** A count that is added to those before it in a list. */
        SUMMAND(Leaf.NUMBER),
        /** Seconds, perhaps with a fraction. */
        SECONDS(Leaf.NUMBER),
        /** US dollars, perhaps with a fraction. */
        DOLLARS(Leaf.NUMBER),
        /** US dollars in units of 1e-10. */
        TICKS(Leaf.NUMBER),
        /** The tokens of a kind, which stands beside it. */
        TOKENS(Leaf.NUMBER),
        /** A text that was made or read by the model. */
        TEXT(Leaf.TEXT),
        /** Such a text that the model made to come to its answer, and that is counted apart. */
        REASONING(Leaf.TEXT),
        /** The next piece of what the kind of the event says. */
        DELTA(Leaf.TEXT),
        /** All that was made, which events before it may have told in pieces. */
        ALL_TEXT(Leaf.TEXT),
        /** The kind of the event. */
        EVENT(Leaf.WORD),
        /** Something that the model reads and that is no text here, such as an image or the name of what is stored elsewhere. */
        ELSEWHERE(Leaf.WORD),
        /** The name of the model. */
        MODEL(Leaf.WORD),
        /** The identifier of the answer. */
        ID(Leaf.WORD),
        /** The tier. */
        TIER(Leaf.WORD),
        /** Where the answer was made. */
        GEO(Leaf.WORD),
        /** How fast. */
        SPEED(Leaf.WORD),
        /** The kind of the tokens that stand beside it. */
        MODALITY(Leaf.WORD),
        /** Why the model has ended. */
        FINISH(Leaf.WORD),
        /** A whole document. */
        DOCUMENT(Leaf.NONE),
        /** A part of the answer. */
        CHOICE(Leaf.NONE),
        /** An object with counts that are told of the whole answer so far. */
        USAGE(Leaf.NONE),
        /** An object with counts, of the whole answer so far, or of the whole answer if it stands alone. */
        EVENT_USAGE(Leaf.NONE),
        /** A list of counts by their kind, which are part of the count. */
        KINDS(Leaf.NONE),
        /** An item of such a list. */
        KIND(Leaf.NONE),
        /** A list of summands. */
        SUMMANDS(Leaf.NONE),
        /** An object to be counted. */
        ITEM(Leaf.NONE);

        private final Leaf leaf;

        Meaning(Leaf leaf) {
            this.leaf = leaf;
        }

        Leaf leaf() {
            return leaf;
        }
    }

    private Place(String name) {
        this.name = name;
    }

    /** Makes the place of a whole document. */
    static Place document() {
        Place document = new Place("");
        document.meaning = Meaning.DOCUMENT;
        return document;
    }

    /** Lets a list of documents be read as each of them. */
    Place orListOfThem() {
        element = this;
        return this;
    }

    /** Says what stands at a path, such as {@code choices[].delta.content}. */
    Place add(String path, Meaning there) {
        at(path).meaning = there;
        return this;
    }

    /** Says what stands at a path, and what is counted by it. */
    Place add(String path, Meaning there, Count counted) {
        Place place = at(path);
        place.meaning = there;
        place.count = counted;
        return this;
    }

    /** Says that a path leads to a count. */
    Place count(String path, Count counted) {
        return add(path, Meaning.COUNT, counted);
    }

    /** Says that paths lead to texts. */
    Place text(String... paths) {
        return each(Meaning.TEXT, paths);
    }

    /** Says what stands at paths. */
    Place each(Meaning there, String... paths) {
        for (String path : paths) {
            add(path, there);
        }
        return this;
    }

    private Place at(String path) {
        Place place = this;
        for (String step : path.split("\\.", -1)) {
            boolean list = step.endsWith("[]");
            Place member = place.child(list ? step.substring(0, step.length() - 2) : step);
            place = list ? member.child() : member;
        }
        return place;
    }

    private Place child(String child) {
        for (Place member : members) {
            if (member.name.equals(child)) {
                return member;
            }
        }
        Place made = new Place(child);
        members = Arrays.copyOf(members, members.length + 1);
        members[members.length - 1] = made;
        firsts |= 1L << child.charAt(0);
        return made;
    }

    private Place child() {
        Place child = element;
        if (child == null) {
            child = new Place("");
            element = child;
        }
        return child;
    }

    /** Returns the place of the member whose name was read, or null. */
    @Nullable Place member(JsonScanner scanner) {
        byte first = scanner.firstOfName();
        // Most names are none that is looked for.
        return first == '\\' || (firsts >>> first & 1) != 0 ? named(scanner) : null;
    }

    private @Nullable Place named(JsonScanner scanner) {
        for (Place member : members) {
            if (scanner.isNamed(member.name)) {
                return member;
            }
        }
        return null;
    }

    /** Returns the place of each element of the list, or null. */
    @Nullable Place element() {
        return element;
    }

    /** Whether there are places within an object, or a list. */
    boolean leadsOn(boolean list) {
        return list ? element != null : members.length > 0;
    }

    Meaning meaning() {
        return meaning;
    }

    Leaf leaf() {
        return meaning.leaf;
    }

    /** What is counted there. */
    Count counted() {
        if (count == null) {
            throw new IllegalStateException(name + " counts nothing");
        }
        return count;
    }
}
