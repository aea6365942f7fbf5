package io.llmproxy.convert;

import io.llmproxy.convert.json.JsonBuffer;

/** Cuts an array of objects into its objects, wherever the pieces end. */
final class ArrayReader {
    private final EventReader.Sink sink;
    private final int limit;
    private final JsonBuffer object = new JsonBuffer(1024);
    private int depth;
    private boolean inString;
    private boolean escaped;

    ArrayReader(EventReader.Sink sink, int limit) {
        this.sink = sink;
        this.limit = limit;
    }

    void read(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int from = offset;
        for (int index = offset; index < end && !sink.isOver(); index++) {
            if (depth == 0) {
                from = index;
            }
            if (next(bytes[index])) {
                keep(bytes, from, index + 1 - from);
                if (!sink.isOver()) {
                    sink.event(object.array(), 0, object.size());
                }
                object.clear();
            }
        }
        if (depth > 0 && !sink.isOver()) {
            keep(bytes, from, end - from);
        }
    }

    /** Returns whether an object ends with this byte. */
    private boolean next(byte next) {
        if (escaped) {
            escaped = false;
        } else if (inString) {
            escaped = next == '\\';
            inString = next != '"';
        } else if (next == '"') {
            inString = depth > 0;
        } else if (next == '{') {
            depth++;
        } else if (next == '}' && depth > 0) {
            depth--;
            return depth == 0;
        }
        return false;
    }

    private void keep(byte[] bytes, int from, int length) {
        if (object.size() + length > limit) {
            sink.tooLarge();
        } else {
            object.raw(bytes, from, length);
        }
    }

    /** Returns how many bytes are kept of an object that has not come whole. */
    int held() {
        return object.capacity();
    }
}
