package io.llmproxy.convert;

import io.llmproxy.convert.json.JsonBuffer;

/**
 * Cuts the bytes of an event stream into events, wherever the pieces end. Names of events and comments are passed over.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">HTML: parsing
 *     an event stream</a>
 */
final class EventReader {
    private static final int BOM = 0xEF;

    private final Sink sink;
    private final int limit;
    private final JsonBuffer line = new JsonBuffer(256);
    private final JsonBuffer data = new JsonBuffer(1024);
    private boolean hasData;
    private boolean afterCarriageReturn;
    private boolean first = true;

    /** Takes events. */
    interface Sink {
        /** Takes the data of an event; the bytes are good until it returns. */
        void event(byte[] bytes, int offset, int length);

        /** An event has more bytes than are kept. */
        void tooLarge();

        /** Returns whether no more events are wanted. */
        boolean isOver();
    }

    EventReader(Sink sink, int limit) {
        this.sink = sink;
        this.limit = limit;
    }

    void read(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int from = offset;
        while (from < end && !sink.isOver()) {
            if (afterCarriageReturn && bytes[from] == '\n') {
                afterCarriageReturn = false;
                from++;
                continue;
            }
            afterCarriageReturn = false;
            int stop = from;
            while (stop < end && bytes[stop] != '\n' && bytes[stop] != '\r') {
                stop++;
            }
            if (stop == end) {
                keep(bytes, from, stop - from);
                return;
            }
            line(bytes, from, stop - from);
            afterCarriageReturn = bytes[stop] == '\r';
            from = stop + 1;
        }
    }

    private void keep(byte[] bytes, int from, int length) {
        if (line.size() + data.size() + length > limit) {
            sink.tooLarge();
        } else {
            line.raw(bytes, from, length);
        }
    }

    private void line(byte[] bytes, int from, int length) {
        if (line.size() == 0) {
            wholeLine(bytes, from, length);
            return;
        }
        keep(bytes, from, length);
        if (!sink.isOver()) {
            wholeLine(line.array(), 0, line.size());
        }
        line.clear();
    }

    private void wholeLine(byte[] bytes, int offset, int size) {
        int from = offset;
        int length = size;
        if (first && length >= 3 && (bytes[from] & 0xff) == BOM) {
            from += 3;
            length -= 3;
        }
        first = false;
        if (length == 0) {
            dispatch();
        } else if (isData(bytes, from, length)) {
            int skip = length > 5 && bytes[from + 5] == ' ' ? 6 : 5;
            take(bytes, from + Math.min(skip, length), Math.max(0, length - skip));
        }
    }

    private static boolean isData(byte[] bytes, int from, int length) {
        return length >= 5
                && bytes[from] == 'd'
                && bytes[from + 1] == 'a'
                && bytes[from + 2] == 't'
                && bytes[from + 3] == 'a'
                && bytes[from + 4] == ':';
    }

    private void take(byte[] bytes, int from, int length) {
        if (data.size() + length > limit) {
            sink.tooLarge();
            return;
        }
        if (hasData) {
            data.raw('\n');
        }
        hasData = true;
        data.raw(bytes, from, length);
    }

    private void dispatch() {
        if (hasData) {
            hasData = false;
            sink.event(data.array(), 0, data.size());
            data.clear();
        }
    }
}
