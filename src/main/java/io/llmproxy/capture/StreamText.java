package io.llmproxy.capture;

import io.llmproxy.protocol.EventStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The text of an event stream, as far as it was kept, told event by event. */
final class StreamText {
    private final byte[] bytes;
    private final EventStreamReader reader = new EventStreamReader();
    private final List<String> data = new ArrayList<>();
    private final Told told;
    private String value = "";
    /** Where the line begins. A line feed there belongs to the end of the line before it. */
    private int begin;

    /** Is told what a stream has in it. */
    interface Told {
        /**
         * The data of an event: its lines joined by line feeds. It is told when the event has ended, or the text has, before the
         * blank line.
         */
        void data(String data);

        /** A line that holds no data: another field, or a comment. */
        default void field(String line) {}

        /** A line with an unknown name. */
        default void unknown(String line) {}

        /** A blank line. */
        default void blank() {}
    }

    private StreamText(String text, Told told) {
        // What the last line is, is known when it ends.
        String ended = text.isEmpty() || text.endsWith("\n") || text.endsWith("\r") ? text : text + '\n';
        this.bytes = ended.getBytes(StandardCharsets.UTF_8);
        this.told = told;
    }

    /** Reads a text. */
    static void read(String text, Told told) {
        new StreamText(text, told).read();
    }

    private void read() {
        reader.input(bytes, 0, bytes.length);
        for (EventStreamReader.Part part = reader.next(); part != EventStreamReader.Part.MORE; part = reader.next()) {
            switch (part) {
                case VALUE -> value = text(reader.start(), reader.end());
                case LINE_END -> endLine();
                case EVENT_END, BLANK -> {
                    endEvent();
                    told.blank();
                    begin = reader.position();
                }
                case MORE -> throw new AssertionError(part);
            }
        }
        endEvent();
    }

    private void endLine() {
        switch (reader.field()) {
            case DATA -> data.add(value);
            case OTHER -> told.unknown(line());
            case EVENT, ID, RETRY, COMMENT -> told.field(line());
        }
        value = "";
        begin = reader.position();
    }

    private void endEvent() {
        if (!data.isEmpty()) {
            told.data(String.join("\n", data));
            data.clear();
        }
    }

    private String line() {
        return text(bytes[begin] == '\n' ? begin + 1 : begin, reader.position() - 1);
    }

    private String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
}
