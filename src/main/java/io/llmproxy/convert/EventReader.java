package io.llmproxy.convert;

import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.protocol.EventStreamReader;
import io.llmproxy.protocol.EventStreamReader.Field;
import io.llmproxy.protocol.EventStreamReader.Part;

/**
 * Cuts the bytes of an event stream into events, wherever the pieces end. Names of events and comments are passed over. The data
 * of an event is copied only if it has several lines, or is cut.
 */
final class EventReader {
    private static final byte[] NO_BYTES = {};

    private final Sink sink;
    private final int limit;
    private final EventStreamReader lines = new EventStreamReader();
    private final JsonBuffer data = new JsonBuffer(1024);
    private boolean hasData;
    private boolean lineEnded;

    /** The only part of the event's data so far, in the piece that is being read. */
    private byte[] part = NO_BYTES;

    private int partFrom;
    private int partLength;

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
        lines.input(bytes, offset, offset + length);
        for (Part met = lines.next(); met != Part.MORE && !sink.isOver(); met = lines.next()) {
            boolean inData = lines.field() == Field.DATA;
            if (met == Part.VALUE && inData) {
                take(bytes, lines.start(), lines.end() - lines.start());
            } else if (met == Part.LINE_END && inData) {
                beginValue();
                lineEnded = true;
            } else if (met == Part.EVENT_END) {
                dispatch();
            }
        }
        keepPart();
    }

    /** Another line of data, after which there is a line end in what the event says. */
    private void beginValue() {
        if (hasData && lineEnded) {
            keepPart();
            data.raw('\n');
        }
        hasData = true;
        lineEnded = false;
    }

    private void take(byte[] bytes, int from, int length) {
        beginValue();
        if (data.size() + partLength + length > limit) {
            sink.tooLarge();
            return;
        }
        if (partLength == 0 && data.size() == 0) {
            part = bytes;
            partFrom = from;
            partLength = length;
        } else {
            keepPart();
            data.raw(bytes, from, length);
        }
    }

    private void keepPart() {
        if (partLength > 0) {
            data.raw(part, partFrom, partLength);
        }
        part = NO_BYTES;
        partLength = 0;
    }

    private void dispatch() {
        if (!hasData) {
            return;
        }
        hasData = false;
        lineEnded = false;
        byte[] bytes = part;
        int length = partLength;
        part = NO_BYTES;
        partLength = 0;
        if (length > 0) {
            sink.event(bytes, partFrom, length);
        } else {
            sink.event(data.array(), 0, data.size());
            data.clear();
        }
    }

    /** Returns how many bytes are kept of an event that has not come whole. */
    int held() {
        return data.capacity();
    }
}
