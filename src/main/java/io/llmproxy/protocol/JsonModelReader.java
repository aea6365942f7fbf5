package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import io.llmproxy.protocol.RequestFacts.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads JSON. Only the members of the outermost object count, and the models that are named in places within it. */
final class JsonModelReader implements ModelReader {
    /** As long as the longest name may be if each of its characters is escaped. */
    private static final int LONGEST_VALUE = 6 * ModelField.LONGEST_NAME;

    /** More than a list of requests has that is read here. Each takes memory, however short it is in the body. */
    private static final int MOST_INNER = 10_000;

    private final JsonScanner scanner = new JsonScanner(1);
    private final Capture value = new Capture(LONGEST_VALUE);

    private Member member = Member.OTHER;
    /** The place that the member is, if it is one. */
    private @Nullable ModelPlace within;

    private final int mostInner;
    private ModelPlace place;
    /** Whether the innermost place is an array: each of its objects is the place. */
    private boolean array;
    /** The place around the innermost one, as it was left; null in the outermost object. */
    private @Nullable Level outer;

    private boolean begun;
    private boolean whole;
    private boolean hasModel;
    private boolean hasStream;
    private boolean inModel;
    private boolean stream;
    private long start;
    private @Nullable ModelField model;
    private List<ModelField> inner = List.of();
    private RequestFacts.@Nullable Unreadable unreadable;

    /** What is to be added to an index in the piece to have the offset in the body. */
    private long base;

    private long length;

    /** The member of a place whose value follows. */
    private enum Member {
        MODEL,
        STREAM,
        OTHER
    }

    /**
     * A place that another one was opened in.
     *
     * @param depth how many objects and arrays are open in it, all of them places
     */
    private record Level(
            ModelPlace place,
            boolean array,
            boolean hasModel,
            int depth,
            @Nullable Level outer) {}

    JsonModelReader(ModelPlace outermost) {
        this(outermost, MOST_INNER);
    }

    /** @param mostInner how many models may be named in inner places */
    JsonModelReader(ModelPlace outermost, int mostInner) {
        this.place = outermost;
        this.mostInner = mostInner;
    }

    @Override
    public void accept(byte[] bytes, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, bytes.length);
        base = length - offset;
        length += count;
        scanner.input(bytes, offset, offset + count);
        Token token = unreadable == null ? read(bytes) : Token.MORE;
        while (token != Token.MORE) {
            take(token);
            token = unreadable == null ? read(bytes) : Token.MORE;
        }
    }

    @Override
    public RequestFacts finish() {
        if (unreadable != null) {
            return unreadable;
        }
        return whole
                ? new RequestFacts.Read(model, inner, stream)
                : new RequestFacts.Unreadable(Problem.INCOMPLETE, length);
    }

    private Token read(byte[] bytes) {
        int from = scanner.position();
        Token token = scanner.next();
        if (inModel) {
            value.add(bytes, from, scanner.position() - (token == Token.STRING_END ? 1 : 0));
        }
        return token;
    }

    private void take(Token token) {
        switch (token) {
            case NAME -> name();
            case STRING_END -> stringEnd();
            case END -> end();
            case NOT_JSON -> refuse(Problem.NOT_JSON);
            case NOT_UTF8 -> refuse(Problem.NOT_UTF8);
            case TOO_DEEP -> refuse(Problem.TOO_DEEP);
            default -> value(token);
        }
    }

    private void name() {
        member = Member.OTHER;
        within = null;
        if (place.isModel(scanner)) {
            member = Member.MODEL;
            refuseIf(hasModel, Problem.TWO_MODELS);
            hasModel = true;
        } else if (place.isModelInOtherCase(scanner)) {
            refuseIf(true, Problem.MODEL_IN_OTHER_CASE);
        } else if (outer == null && scanner.isNamed("stream")) {
            member = Member.STREAM;
            refuseIf(hasStream, Problem.TWO_STREAMS);
            hasStream = true;
        } else {
            within = place.member(scanner);
        }
    }

    /** Takes note of a value that begins. One byte of it has been read. */
    private void value(Token token) {
        if (!begun) {
            begun = true;
            refuseIf(token != Token.OBJECT, Problem.NOT_AN_OBJECT);
        } else if (member == Member.MODEL) {
            refuseIf(token != Token.STRING, Problem.MODEL_NOT_A_STRING);
            inModel = true;
            start = base + scanner.position() - 1;
        } else if (member == Member.STREAM) {
            stream = token == Token.TRUE;
        } else {
            open(token);
        }
    }

    private void open(Token token) {
        ModelPlace next = array ? place : within;
        if (next != null && (token == Token.OBJECT || (token == Token.ARRAY && !array))) {
            outer = new Level(place, array, hasModel, scanner.depth() - 1, outer);
            place = next;
            array = token == Token.ARRAY;
            hasModel = false;
            scanner.show(scanner.depth());
        }
    }

    private void end() {
        int depth = scanner.depth();
        whole = depth == 0;
        // What ends within a place need not be one.
        if (outer != null && outer.depth == depth) {
            scanner.show(depth);
            place = outer.place;
            array = outer.array;
            hasModel = outer.hasModel;
            outer = outer.outer;
        }
    }

    private void stringEnd() {
        if (!inModel) {
            return;
        }
        inModel = false;
        member = Member.OTHER;
        String name = value.isOver() ? "" : value.asJson();
        Problem problem = value.isOver() ? Problem.MODEL_TOO_LONG : ModelField.problemOf(name);
        if (problem != null) {
            unreadable = new RequestFacts.Unreadable(problem, start);
        } else {
            found(new ModelField(name, start, base + scanner.position(), ModelField.Notation.JSON));
        }
    }

    private void found(ModelField field) {
        value.clear();
        if (outer == null) {
            model = field;
            return;
        }
        refuseIf(inner.size() == mostInner, Problem.TOO_MANY_MODELS);
        if (inner.isEmpty()) {
            inner = new ArrayList<>();
        }
        inner.add(field);
    }

    private void refuseIf(boolean bad, Problem problem) {
        if (bad) {
            unreadable = new RequestFacts.Unreadable(problem, base + scanner.position() - 1);
        }
    }

    private void refuse(Problem problem) {
        unreadable = new RequestFacts.Unreadable(problem, base + scanner.position());
    }
}
