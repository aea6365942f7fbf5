package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmproxy.protocol.RequestFacts.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a form in several parts. A line that some would take for a delimiter and others not is a problem, wherever it
 * stands.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7578">RFC 7578</a>
 */
final class MultipartModelReader implements ModelReader {
    private static final Pattern BOUNDARY = Pattern.compile("[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]");
    private static final int LONGEST_HEAD = 8 * 1024;
    /** As long as a name may be if each of its characters is written with the most bytes. */
    private static final int LONGEST_VALUE = 3 * ModelField.LONGEST_NAME;

    private static final int LINE_END = "\r\n".length();
    private static final int HEAD_END = '\r' << 24 | '\n' << 16 | '\r' << 8 | '\n';

    private final byte[] delimiter;
    private final Capture head = new Capture(LONGEST_HEAD);
    private final Capture content;

    private State state = State.PREAMBLE;
    private Field field = Field.OTHER;
    /** How much of the delimiter has been read, or -1 where none may begin. */
    private int matched;
    /** Whether the line began behind both a carriage return and a line feed. */
    private boolean properLine = true;
    /** The last bytes of the head, the latest lowest; of the content, the last one. */
    private int last;

    private long length;
    private long start;
    private boolean hasModel;
    private boolean hasStream;
    private boolean stream;
    private @Nullable ModelField model;
    private RequestFacts.@Nullable Unreadable unreadable;

    private enum State {
        PREAMBLE,
        AFTER_DELIMITER,
        PADDING,
        LINE_FEED,
        HEAD,
        CONTENT,
        CLOSING,
        CLOSED
    }

    private enum Field {
        MODEL,
        STREAM,
        OTHER
    }

    /**
     * Makes a reader.
     *
     * @param boundary what separates the parts, or null if it is not told
     */
    MultipartModelReader(@Nullable String boundary) {
        boolean good = boundary != null && BOUNDARY.matcher(boundary).matches();
        delimiter = ("--" + (good ? boundary : "")).getBytes(US_ASCII);
        content = new Capture(LONGEST_VALUE + LINE_END + delimiter.length);
        if (!good) {
            refuse(Problem.NOT_MULTIPART, 0);
        }
    }

    @Override
    public void accept(byte[] bytes, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, bytes.length);
        int at = offset;
        int end = offset + count;
        while (at < end && unreadable == null) {
            int from = at;
            at = isSkippable() ? skipped(bytes, from, end) : from;
            length += at - from;
            if (at < end) {
                take(bytes, at++);
                length++;
            }
        }
    }

    @Override
    public RequestFacts finish() {
        if (unreadable != null) {
            return unreadable;
        }
        if (state == State.PREAMBLE && length > matched) {
            return new RequestFacts.Unreadable(Problem.NOT_MULTIPART, 0);
        }
        return state == State.CLOSED
                ? new RequestFacts.Read(model, List.of(), stream)
                : new RequestFacts.Unreadable(Problem.INCOMPLETE, length);
    }

    /** Whether only the end of a line can mean anything. */
    private boolean isSkippable() {
        return (state == State.CONTENT || state == State.PREAMBLE) && field == Field.OTHER && matched < 0;
    }

    private int skipped(byte[] bytes, int from, int end) {
        int at = from;
        while (at < end && bytes[at] != '\r' && bytes[at] != '\n') {
            at++;
        }
        if (at > from) {
            last = 0;
        }
        return at;
    }

    private void take(byte[] bytes, int at) {
        byte next = bytes[at];
        switch (state) {
            case PREAMBLE -> content(next);
            case AFTER_DELIMITER, PADDING -> afterDelimiter(next);
            case LINE_FEED -> expect(next == '\n', State.HEAD);
            case HEAD -> {
                head.add(bytes, at, at + 1);
                head(next);
            }
            case CONTENT -> {
                if (field != Field.OTHER) {
                    content.add(bytes, at, at + 1);
                }
                content(next);
            }
            case CLOSING -> expect(next == '-', State.CLOSED);
            // What others may take for one more part is none of ours.
            case CLOSED -> expect(next == '\r' || next == '\n', State.CLOSED);
        }
    }

    private void afterDelimiter(byte next) {
        head.clear();
        last = '\r' << 8 | '\n';
        switch (next) {
            case '-' -> expect(state == State.AFTER_DELIMITER, State.CLOSING);
            case '\r' -> state = State.LINE_FEED;
            default -> expect(next == ' ' || next == '\t', State.PADDING);
        }
    }

    private void head(byte next) {
        last = last << Byte.SIZE | (next & 0xff);
        if (last == HEAD_END) {
            byte[] bytes = head.toBytes();
            beginContent(PartHead.parse(Arrays.copyOf(bytes, Math.max(0, bytes.length - 2 * LINE_END))));
        } else {
            expect(!head.isOver(), State.HEAD);
        }
    }

    private void beginContent(@Nullable PartHead part) {
        expect(part != null, State.CONTENT);
        String name = part == null ? "" : part.name();
        field = Field.OTHER;
        if (name.equals("model")) {
            field = Field.MODEL;
            refuseIf(hasModel, Problem.TWO_MODELS);
            refuseIf(part == null || part.file() || !part.plain(), Problem.MODEL_NOT_A_STRING);
            hasModel = true;
        } else if (name.equals("stream")) {
            field = Field.STREAM;
            refuseIf(hasStream, Problem.TWO_STREAMS);
            hasStream = true;
        }
        content.clear();
        start = length + 1;
        // A delimiter right here has no line end of its own, which some insist on.
        matched = 0;
        properLine = false;
        last = 0;
    }

    private void content(byte next) {
        if (next == '\r' || next == '\n') {
            matched = 0;
            properLine = next == '\n' && last == '\r';
        } else if (matched >= 0 && next == delimiter[matched]) {
            matched++;
            if (matched == delimiter.length) {
                expect(properLine, State.AFTER_DELIMITER);
                endContent();
            }
        } else {
            matched = -1;
        }
        last = next;
    }

    private void endContent() {
        if (field == Field.OTHER || unreadable != null) {
            return;
        }
        byte[] bytes = content.toBytes();
        String text = content.isOver() ? null : text(bytes, bytes.length - LINE_END - delimiter.length);
        if (field == Field.STREAM) {
            stream = text != null && text.equalsIgnoreCase("true");
        } else if (content.isOver()) {
            refuse(Problem.MODEL_TOO_LONG, start);
        } else if (text == null) {
            refuse(Problem.NOT_UTF8, start);
        } else if (ModelField.problemOf(text) != null) {
            refuse(Objects.requireNonNull(ModelField.problemOf(text)), start);
        } else {
            long end = length + 1 - LINE_END - delimiter.length;
            model = new ModelField(text, start, end, ModelField.Notation.TEXT);
        }
    }

    private static @Nullable String text(byte[] bytes, int length) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private void expect(boolean good, State next) {
        state = next;
        refuseIf(!good, Problem.NOT_MULTIPART);
    }

    private void refuseIf(boolean bad, Problem problem) {
        if (bad) {
            refuse(problem, length);
        }
    }

    private void refuse(Problem problem, long at) {
        if (unreadable == null) {
            unreadable = new RequestFacts.Unreadable(problem, at);
        }
    }
}
