package io.llmproxy.usage;

import io.llmproxy.protocol.JsonScanner;
import io.llmproxy.protocol.JsonScanner.Token;
import io.llmproxy.usage.Place.Leaf;
import io.llmproxy.usage.Place.Meaning;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON document after the other and tells what stands at the places that are looked for. Pieces may be cut
 * anywhere. Memory is fixed, and nothing is allocated on the way.
 */
final class PathFollower {
    /** Deeper than any place is. */
    private static final int DEEPEST = 14;

    private final JsonScanner scanner = new JsonScanner(DEEPEST);
    private final Place root;
    private final Collector collector;
    /** For each object and array that is open and leads on: its place, and whether it is an array. */
    private final @Nullable Place[] open = new Place[DEEPEST + 2];

    private final boolean[] list = new boolean[DEEPEST + 2];
    private final Decimal decimal = new Decimal();
    private final TextLength length = new TextLength();
    private final Word word = new Word();

    /** The place of the member whose name was read last. */
    private @Nullable Place due;
    /** The place of the string, or the number, that is being read. */
    private @Nullable Place inString;

    private @Nullable Place inNumber;
    /** Whether its last byte has been read. */
    private boolean numberEnded;
    /** The place of the object or array that is passed over. */
    private @Nullable Place passed;

    private boolean passing;
    private long passedFrom;
    /** What is to be added to an index in the piece to have the number of bytes before it. */
    private long base;

    private boolean broken;
    private boolean over;

    /** Is told what was found. */
    interface Collector {
        /** An object or an array begins whose place has a meaning. */
        default void enter(Place place) {}

        /** It has ended, and there were places in it. */
        default void leave(Place place) {}

        /** A number has been read. */
        default void number(Place place, Decimal number) {}

        /** Something else stands where a number is looked for. */
        default void noNumber(Place place) {}

        /** A text has been read. */
        void text(Place place, long bytes);

        /** Whether a short text is still of interest. */
        default boolean wants(Place place) {
            return false;
        }

        /** A short text has been read. */
        default void word(Place place, Word word) {}
    }

    PathFollower(Place root, Collector collector) {
        this.root = root;
        this.collector = collector;
    }

    /** Begins another document. */
    void reset() {
        scanner.reset();
        scanner.show(DEEPEST);
        due = null;
        inString = null;
        inNumber = null;
        passing = false;
        broken = false;
        over = false;
    }

    /** Whether a document has begun and has neither ended nor turned out to be none. */
    boolean isOpen() {
        return !broken && scanner.depth() > 0;
    }

    /** Whether the document has ended. */
    boolean isOver() {
        return over;
    }

    /** Whether it is no JSON. */
    boolean isBroken() {
        return broken;
    }

    /** Reads the next piece of a document, or of several. */
    void read(byte[] bytes, int from, int to) {
        if (broken) {
            return;
        }
        scanner.input(bytes, from, to);
        base -= from;
        if (inNumber != null && !numberEnded) {
            number(bytes, from, to);
        }
        int begun = from;
        Token token = scanner.next();
        while (token != Token.MORE) {
            if (token == Token.STRING) {
                begun = scanner.position();
            }
            broken = token == Token.NOT_JSON || token == Token.NOT_UTF8 || token == Token.TOO_DEEP;
            if (broken) {
                return;
            }
            tellNumber();
            take(token, bytes, begun, to);
            token = scanner.next();
        }
        if (inString != null) {
            string(inString, bytes, begun, to);
        }
        base += to;
    }

    private void take(Token token, byte[] bytes, int begun, int to) {
        switch (token) {
            case NAME -> due = member();
            case OBJECT -> begin(false);
            case ARRAY -> begin(true);
            case END -> end();
            case STRING -> beginString();
            case STRING_END -> endString(bytes, begun);
            case NUMBER -> beginNumber(bytes, to);
            case TRUE, FALSE -> literal();
            case NULL, MORE, NOT_JSON, NOT_UTF8, TOO_DEEP -> {}
        }
    }

    private @Nullable Place member() {
        Place place = open[scanner.depth()];
        return place == null ? null : place.member(scanner);
    }

    /** The place of the value that stands within so many objects and arrays. */
    private @Nullable Place valueAt(int depth) {
        if (depth == 0) {
            over = false;
            return root;
        }
        Place around = open[depth];
        return list[depth] && around != null ? around.element() : due;
    }

    private void begin(boolean array) {
        int depth = scanner.depth();
        Place place = valueAt(depth - 1);
        if (place != null) {
            enter(place);
            if (place.leadsOn(array)) {
                open[depth] = place;
                list[depth] = array;
                return;
            }
        }
        passing = true;
        passed = place;
        passedFrom = base + scanner.position() - 1;
        scanner.show(depth - 1);
    }

    private void enter(Place place) {
        if (place.leaf() == Leaf.NUMBER) {
            collector.noNumber(place);
        } else if (place.meaning() != Meaning.NOTHING) {
            collector.enter(place);
        }
    }

    private void end() {
        int depth = scanner.depth();
        if (passing) {
            passing = false;
            scanner.show(DEEPEST);
            if (passed != null && passed.leaf() == Leaf.TEXT) {
                collector.text(passed, base + scanner.position() - passedFrom);
            }
        } else {
            Place place = open[depth + 1];
            if (place != null && place.meaning() != Meaning.NOTHING) {
                collector.leave(place);
            }
        }
        if (depth == 0) {
            over = true;
            scanner.reset();
        }
    }

    private void beginString() {
        Place place = valueAt(scanner.depth());
        inString = null;
        if (place == null) {
            return;
        }
        Leaf leaf = place.leaf();
        if (leaf == Leaf.NONE || (leaf == Leaf.WORD && !collector.wants(place))) {
            return;
        }
        inString = place;
        switch (leaf) {
            case NONE -> {}
            case NUMBER -> decimal.begin();
            case TEXT -> length.begin();
            case WORD -> word.clear();
        }
    }

    private void string(Place place, byte[] bytes, int from, int to) {
        switch (place.leaf()) {
            case NONE -> {}
            case NUMBER -> {
                for (int at = from; at < to; at++) {
                    decimal.add(bytes[at]);
                }
            }
            case TEXT -> length.add(bytes, from, to);
            case WORD -> word.add(bytes, from, to);
        }
    }

    private void endString(byte[] bytes, int begun) {
        Place place = inString;
        if (place == null) {
            return;
        }
        inString = null;
        string(place, bytes, begun, scanner.position() - 1);
        switch (place.leaf()) {
            case NONE -> {}
            case NUMBER -> collector.number(place, decimal);
            case TEXT -> collector.text(place, length.bytes());
            case WORD -> collector.word(place, word);
        }
    }

    private void beginNumber(byte[] bytes, int to) {
        Place place = valueAt(scanner.depth());
        if (place != null && place.leaf() == Leaf.NUMBER) {
            inNumber = place;
            decimal.begin();
            number(bytes, scanner.position() - 1, to);
        }
    }

    private void number(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && Decimal.isPart(bytes[at])) {
            decimal.add(bytes[at]);
            at++;
        }
        numberEnded = at < to;
    }

    /** A number counts when what follows it is JSON, too: else it would count or not by how the bytes are cut. */
    private void tellNumber() {
        Place place = inNumber;
        if (numberEnded && place != null) {
            inNumber = null;
            collector.number(place, decimal);
        }
        numberEnded = false;
    }

    private void literal() {
        Place place = valueAt(scanner.depth());
        if (place != null && place.leaf() == Leaf.NUMBER) {
            collector.noNumber(place);
        }
    }
}
