package io.llmproxy.usage;

import io.llmproxy.protocol.DataLines;

/** Finds the documents in a body and hands them to a {@link PathFollower}. */
final class BodyReader {
    private static final byte[] LINE_END = {'\n'};

    private final PathFollower follower;
    private final DataLines lines = new DataLines();
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
        int at = from;
        while (at < to) {
            if (lines.isInData()) {
                int end = lines.dataEnd(bytes, at, to);
                follower.read(bytes, at, end);
                if (end < to) {
                    endLine();
                }
                at = end;
            } else {
                at = lines.dataStart(bytes, at, to);
                if (lines.hasEventEnded()) {
                    follower.reset();
                }
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
