package io.llmproxy.usage;

import io.llmproxy.protocol.EventStreamReader;
import io.llmproxy.protocol.EventStreamReader.Field;
import io.llmproxy.protocol.EventStreamReader.Part;

/** Finds the documents in a body and hands them to a {@link PathFollower}. */
final class BodyReader {
    private static final byte[] LINE_END = {'\n'};

    private final PathFollower follower;
    private final EventStreamReader lines = new EventStreamReader();
    private BodyForm form;
    private boolean begun;

    BodyReader(BodyForm form, PathFollower follower) {
        this.form = form;
        this.follower = follower;
    }

    void read(byte[] bytes, int from, int to) {
        if (!begun && form == BodyForm.EVENTS) {
            begin(bytes, from, to);
        }
        switch (form) {
            case DOCUMENTS -> follower.read(bytes, from, to);
            case LINES -> lines(bytes, from, to);
            case EVENTS -> events(bytes, from, to);
        }
    }

    /** Some servers announce a stream of events and send plain JSON. */
    private void begin(byte[] bytes, int from, int to) {
        int at = from;
        // Bytes above ASCII, which are negative, are those of a byte order mark.
        while (at < to && bytes[at] <= ' ') {
            at++;
        }
        begun = at < to;
        if (begun && (bytes[at] == '{' || bytes[at] == '[')) {
            form = BodyForm.DOCUMENTS;
        }
    }

    private void lines(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            int end = at;
            while (end < to && bytes[end] != '\n') {
                end++;
            }
            follower.read(bytes, at, end);
            if (end < to) {
                follower.reset();
            }
            at = end + 1;
        }
    }

    private void events(byte[] bytes, int from, int to) {
        lines.input(bytes, from, to);
        for (Part part = lines.next(); part != Part.MORE; part = lines.next()) {
            boolean data = lines.field() == Field.DATA;
            if (part == Part.VALUE && data) {
                follower.read(bytes, lines.start(), lines.end());
            } else if (part == Part.LINE_END && data) {
                endLine();
            } else if (part == Part.EVENT_END) {
                follower.reset();
            }
        }
    }

    /** What follows in the event may be the rest of the document. */
    private void endLine() {
        if (follower.isOpen()) {
            follower.read(LINE_END, 0, 1);
        } else {
            follower.reset();
        }
    }

    /** Whether the body is no JSON where it should be, other than in a single event. */
    boolean isBroken() {
        return form == BodyForm.DOCUMENTS && follower.isBroken();
    }
}
