package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import io.llmproxy.protocol.RequestFacts.Problem;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads JSON. Only the members of the outermost object count. */
final class JsonModelReader implements ModelReader {
    /** As long as the longest name may be if each of its characters is escaped. */
    private static final int LONGEST_VALUE = 6 * ModelField.LONGEST_NAME;

    private final JsonScanner scanner = new JsonScanner(1);
    private final Capture value = new Capture(LONGEST_VALUE);

    private Member member = Member.OTHER;
    private boolean begun;
    private boolean whole;
    private boolean hasModel;
    private boolean hasStream;
    private boolean inModel;
    private boolean stream;
    private long start;
    private @Nullable ModelField model;
    private RequestFacts.@Nullable Unreadable unreadable;

    /** What is to be added to an index in the piece to have the offset in the body. */
    private long base;

    private long length;

    /** The member of the outermost object whose value follows. */
    private enum Member {
        MODEL,
        STREAM,
        OTHER
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
        return whole ? new RequestFacts.Read(model, stream) : new RequestFacts.Unreadable(Problem.INCOMPLETE, length);
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
            case END -> whole = scanner.depth() == 0;
            case NOT_JSON -> refuse(Problem.NOT_JSON);
            case NOT_UTF8 -> refuse(Problem.NOT_UTF8);
            case TOO_DEEP -> refuse(Problem.TOO_DEEP);
            default -> value(token);
        }
    }

    private void name() {
        member = Member.OTHER;
        if (scanner.isNamed("model")) {
            member = Member.MODEL;
            refuseIf(hasModel, Problem.TWO_MODELS);
            hasModel = true;
        } else if (scanner.isNamed("stream")) {
            member = Member.STREAM;
            refuseIf(hasStream, Problem.TWO_STREAMS);
            hasStream = true;
        }
    }

    /** Takes note of a value that begins. One byte of it has been read. */
    private void value(Token token) {
        refuseIf(!begun && token != Token.OBJECT, Problem.NOT_AN_OBJECT);
        begun = true;
        if (member == Member.MODEL) {
            refuseIf(token != Token.STRING, Problem.MODEL_NOT_A_STRING);
            inModel = true;
            start = base + scanner.position() - 1;
        } else if (member == Member.STREAM) {
            stream = token == Token.TRUE;
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
            model = new ModelField(name, start, base + scanner.position(), ModelField.Notation.JSON);
        }
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
