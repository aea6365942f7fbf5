package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;

/**
 * Finds the strings by which an answer says which model gave it: {@code model}, {@code modelVersion},
 * {@code response.model} and {@code message.model}, of a document or of each document in an array.
 */
final class ModelMembers {
    private static final int SHOWN = 2;

    private final JsonScanner scanner = new JsonScanner(SHOWN);

    /** How many arrays are around a document. */
    private int base;

    private Member outer = Member.OTHER;
    /** Whether the value that follows says the model. */
    private boolean due;

    private boolean inValue;

    /** What was found. */
    enum Find {
        /** Nothing more; the piece is used up. */
        NONE,
        /** A value begins; its quote has been read. */
        BEGIN,
        /** The value has ended; its last quote has been read. */
        END,
        /** The document, or the array of documents, has ended. */
        OVER,
        /** It is not JSON, or a mere value. Nothing else is found from then on. */
        LOST
    }

    /** A member of the document. */
    private enum Member {
        MODEL,
        HOLDER,
        OTHER
    }

    /** Begins another document. */
    void reset() {
        scanner.reset();
        scanner.show(SHOWN);
        base = 0;
        inValue = false;
        due = false;
    }

    void input(byte[] bytes, int from, int to) {
        scanner.input(bytes, from, to);
    }

    int position() {
        return scanner.position();
    }

    /** Whether a document has begun and has not ended. */
    boolean isOpen() {
        return scanner.depth() > 0;
    }

    /** Whether what was found last is a member of the outermost object, with no array around it. */
    boolean isOutermost() {
        return base == 0 && scanner.depth() == 1;
    }

    Find next() {
        Find find = Find.NONE;
        Token token = scanner.next();
        while (token != Token.MORE) {
            find = take(token);
            if (find != Find.NONE) {
                return find;
            }
            token = scanner.next();
        }
        return find;
    }

    private Find take(Token token) {
        return switch (token) {
            case NAME -> name();
            case STRING_END -> stringEnd();
            case END -> scanner.depth() == 0 ? Find.OVER : Find.NONE;
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> Find.LOST;
            default -> value(token);
        };
    }

    private Find name() {
        if (scanner.depth() == base + 1) {
            outer = outer();
            due = outer == Member.MODEL;
        } else {
            due = outer == Member.HOLDER && scanner.isNamed("model");
        }
        return Find.NONE;
    }

    private Member outer() {
        if (scanner.isNamed("model") || scanner.isNamed("modelVersion")) {
            return Member.MODEL;
        }
        return scanner.isNamed("response") || scanner.isNamed("message") ? Member.HOLDER : Member.OTHER;
    }

    private Find value(Token token) {
        int depth = scanner.depth();
        if (token == Token.OBJECT || token == Token.ARRAY) {
            if (token == Token.ARRAY && depth == 1) {
                base = 1;
                scanner.show(SHOWN + 1);
            }
            if (depth <= base + 1) {
                outer = Member.OTHER;
            }
        } else if (depth == 0) {
            return Find.LOST;
        }
        inValue = due && token == Token.STRING;
        due = false;
        return inValue ? Find.BEGIN : Find.NONE;
    }

    private Find stringEnd() {
        boolean ended = inValue;
        inValue = false;
        return ended ? Find.END : Find.NONE;
    }
}
