package io.llmproxy.convert;

/**
 * Reads what an upstream streams: events, or the array of objects that Google's upstreams send to those who do not ask for
 * events.
 */
final class UpstreamReader {
    private final EventReader.Sink sink;
    private final EventReader events;
    private final ArrayReader array;
    private Form form = Form.UNKNOWN;

    private enum Form {
        UNKNOWN,
        EVENTS,
        ARRAY
    }

    UpstreamReader(EventReader.Sink sink, int limit) {
        this.sink = sink;
        this.events = new EventReader(sink, limit);
        this.array = new ArrayReader(sink, limit);
    }

    void read(byte[] bytes, int offset, int length) {
        int from = offset;
        int end = offset + length;
        if (form == Form.UNKNOWN) {
            while (from < end && (bytes[from] == '\n' || bytes[from] == '\r' || bytes[from] == ' ')) {
                from++;
            }
            if (from == end) {
                return;
            }
            form = bytes[from] == '[' ? Form.ARRAY : Form.EVENTS;
        }
        if (!sink.isOver()) {
            if (form == Form.ARRAY) {
                array.read(bytes, from, end - from);
            } else {
                events.read(bytes, from, end - from);
            }
        }
    }

    /** Returns how many bytes are kept of what has not come whole. */
    int held() {
        return events.held() + array.held();
    }
}
