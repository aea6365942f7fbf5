package io.llmproxy.protocol;

/**
 * Checks a JSON document in one pass and tells what it meets near the top; it keeps nothing but a name. Pieces may be
 * cut anywhere. The time is linear, the memory fixed.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259">RFC 8259</a>
 */
public final class JsonScanner {
    /** The most objects and arrays that may be open at once. */
    static final int DEEPEST = 512;

    /** As long as the longest name that anyone asks for may be if each of its characters is escaped. */
    private static final int LONGEST_NAME = 6 * "generate_content_request".length();

    private static final byte[] NO_BYTES = {};
    private static final String TRUE = "true";
    private static final String FALSE = "false";
    private static final String NULL = "null";

    private final JsonStringScan string = new JsonStringScan();
    private final Capture name = new Capture(LONGEST_NAME);
    /** A bit for each level: whether it is an object. */
    private final long[] objects = new long[DEEPEST / Long.SIZE];

    private byte[] bytes = NO_BYTES;
    private int at;
    private int end;
    private int shown;
    private int depth;
    private State state = State.VALUE;
    private JsonNumberState number = JsonNumberState.ENDED;
    private String literal = NULL;
    private int matched;
    private Token problem = Token.MORE;

    /** What was met. */
    public enum Token {
        /** Nothing; the piece is used up. */
        MORE,
        /** An object begins. */
        OBJECT,
        /** An array begins. */
        ARRAY,
        /** The innermost object or array has ended. */
        END,
        /** A member's name has ended. */
        NAME,
        /** A string begins; its quote has been read. */
        STRING,
        /** A string has ended; its last quote has been read. */
        STRING_END,
        /** A number begins. */
        NUMBER,
        /** {@code true} begins. */
        TRUE,
        /** {@code false} begins. */
        FALSE,
        /** {@code null} begins. */
        NULL,
        /** The byte at the position cannot stand there. Nothing else is told from then on. */
        NOT_JSON,
        /** The byte at the position, in a string, is not UTF-8. Nothing else is told from then on. */
        NOT_UTF8,
        /** What begins at the position is too deep. Nothing else is told from then on. */
        TOO_DEEP
    }

    private enum State {
        VALUE,
        FIRST_ELEMENT,
        FIRST_NAME,
        NEXT_NAME,
        COLON,
        AFTER_VALUE,
        OVER,
        IN_NAME,
        IN_STRING,
        IN_NUMBER,
        IN_LITERAL,
        BROKEN
    }

    /**
     * Makes a scanner.
     *
     * @param shown how many objects and arrays may be around what is told
     */
    public JsonScanner(int shown) {
        this.shown = shown;
    }

    /** Tells from now on what has at most so many objects and arrays around it. */
    public void show(int levels) {
        shown = levels;
    }

    /** Begins another document. */
    public void reset() {
        depth = 0;
        state = State.VALUE;
    }

    /** Gives the next piece of the document, after {@link Token#MORE} was told of the last one. */
    public void input(byte[] source, int from, int to) {
        bytes = source;
        at = from;
        end = to;
    }

    /** Reads on to the next token. */
    public Token next() {
        Token token = Token.MORE;
        while (token == Token.MORE && at < end) {
            token = step();
        }
        return token;
    }

    /** The index in the piece of the next byte. */
    public int position() {
        return at;
    }

    /** How many objects and arrays are open. */
    public int depth() {
        return depth;
    }

    /** Whether the last name that was told means a word of ASCII. */
    public boolean isNamed(String word) {
        return name.isJsonFor(word);
    }

    /** Whether the last name that was told means a word of ASCII, in capital or small letters. */
    boolean isNamedIgnoringCase(String word) {
        return name.isJsonIgnoringCaseFor(word);
    }

    /** The first byte of the last name that was told, as it is written; 0 if the name is empty. */
    public byte firstOfName() {
        return name.first();
    }

    private Token step() {
        return switch (state) {
            case IN_NAME -> inName();
            case IN_STRING -> inString();
            case IN_NUMBER -> inNumber();
            case IN_LITERAL -> inLiteral();
            case BROKEN -> problem;
            default -> structure(bytes[at]);
        };
    }

    private Token structure(byte next) {
        if (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
            at++;
            return Token.MORE;
        }
        return switch (state) {
            case VALUE -> value(next);
            case FIRST_ELEMENT -> next == ']' ? close() : value(next);
            case FIRST_NAME -> next == '}' ? close() : name(next);
            case NEXT_NAME -> name(next);
            case COLON -> pass(next == ':', State.VALUE);
            case AFTER_VALUE -> afterValue(next);
            default -> fail(Token.NOT_JSON);
        };
    }

    private Token value(byte next) {
        return switch (next) {
            case '{' -> open(State.FIRST_NAME, 1, Token.OBJECT);
            case '[' -> open(State.FIRST_ELEMENT, 0, Token.ARRAY);
            case '"' -> string();
            case 't' -> literal(TRUE, Token.TRUE);
            case 'f' -> literal(FALSE, Token.FALSE);
            case 'n' -> literal(NULL, Token.NULL);
            default -> number(next);
        };
    }

    private Token open(State first, long object, Token token) {
        if (depth == DEEPEST) {
            return fail(Token.TOO_DEEP);
        }
        int word = depth / Long.SIZE;
        objects[word] = (objects[word] & ~(1L << depth)) | (object << depth);
        pass(true, first);
        Token told = tell(token);
        depth++;
        return told;
    }

    private Token close() {
        depth--;
        pass(true, depth == 0 ? State.OVER : State.AFTER_VALUE);
        return tell(Token.END);
    }

    private boolean isInObject() {
        return (objects[(depth - 1) / Long.SIZE] >>> (depth - 1) & 1) != 0;
    }

    private Token afterValue(byte next) {
        boolean object = isInObject();
        if (next == (object ? '}' : ']')) {
            return close();
        }
        return pass(next == ',', object ? State.NEXT_NAME : State.VALUE);
    }

    private Token name(byte next) {
        name.clear();
        string.begin();
        pass(next == '"', State.IN_NAME);
        return state == State.BROKEN ? problem : inName();
    }

    private Token string() {
        string.begin();
        pass(true, State.IN_STRING);
        return depth <= shown ? Token.STRING : inString();
    }

    private Token inName() {
        int from = at;
        at = string.scan(bytes, from, end);
        boolean ended = string.state() == JsonStringScan.State.ENDED;
        if (depth <= shown) {
            name.add(bytes, from, ended ? at - 1 : at);
        }
        return stringRead(State.COLON, Token.NAME);
    }

    private Token inString() {
        at = string.scan(bytes, at, end);
        return stringRead(valueRead(), Token.STRING_END);
    }

    private Token stringRead(State next, Token token) {
        return switch (string.state()) {
            case ENDED -> {
                state = next;
                yield tell(token);
            }
            case NOT_JSON -> fail(Token.NOT_JSON);
            case NOT_UTF8 -> fail(Token.NOT_UTF8);
            default -> Token.MORE;
        };
    }

    private Token number(byte next) {
        number = JsonNumberState.first(next);
        pass(number != JsonNumberState.MALFORMED, State.IN_NUMBER);
        return state == State.BROKEN ? problem : tell(Token.NUMBER);
    }

    private Token inNumber() {
        while (at < end) {
            number = number.next(bytes[at]);
            if (number == JsonNumberState.MALFORMED) {
                return fail(Token.NOT_JSON);
            }
            if (number == JsonNumberState.ENDED) {
                state = valueRead();
                return Token.MORE;
            }
            at++;
            if (number.isRunOfDigits()) {
                passDigits();
            }
        }
        return Token.MORE;
    }

    /** Most of an answer with embeddings is digits: they change nothing, and are passed over at a third less cost. */
    private void passDigits() {
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
    }

    private Token literal(String word, Token token) {
        literal = word;
        matched = 1;
        pass(true, State.IN_LITERAL);
        return tell(token);
    }

    private Token inLiteral() {
        while (at < end && matched < literal.length()) {
            if (bytes[at] != literal.charAt(matched)) {
                return fail(Token.NOT_JSON);
            }
            matched++;
            at++;
        }
        if (matched == literal.length()) {
            state = valueRead();
        }
        return Token.MORE;
    }

    private State valueRead() {
        return depth == 0 ? State.OVER : State.AFTER_VALUE;
    }

    /** Passes over the byte at the position if it may stand there. */
    private Token pass(boolean good, State next) {
        if (!good) {
            return fail(Token.NOT_JSON);
        }
        at++;
        state = next;
        return Token.MORE;
    }

    private Token fail(Token token) {
        state = State.BROKEN;
        problem = token;
        return token;
    }

    private Token tell(Token token) {
        return depth <= shown ? token : Token.MORE;
    }
}
