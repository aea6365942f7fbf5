package io.llmproxy.convert;

import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Fault;

/** Hands the events of an upstream to its dialect's decoder. */
final class DecodingSink implements EventReader.Sink {
    private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};

    private final StreamDecoder decoder;
    private final StreamGuard guard;

    DecodingSink(StreamDecoder decoder, StreamGuard guard) {
        this.decoder = decoder;
        this.guard = guard;
    }

    @Override
    public void event(byte[] bytes, int offset, int length) {
        if (isDone(bytes, offset, length)) {
            decoder.done(guard);
            return;
        }
        try {
            Json json = JsonReader.read(bytes, offset, length);
            if (json instanceof Json.Arr array && !array.isEmpty()) {
                json = array.items().get(0);
            }
            if (json instanceof Json.Obj object) {
                decoder.event(object, guard);
            }
        } catch (JsonException e) {
            guard.failure(Fault.of(Fault.Cause.BAD_ANSWER, 502, "the upstream sent an event that is not JSON"));
        }
    }

    @Override
    public void tooLarge() {
        guard.failure(Fault.of(Fault.Cause.BAD_ANSWER, 502, "the upstream sent an event that is too large"));
    }

    @Override
    public boolean isOver() {
        return guard.isOver();
    }

    private static boolean isDone(byte[] bytes, int offset, int length) {
        int end = offset + length;
        while (end > offset && bytes[end - 1] == ' ') {
            end--;
        }
        return java.util.Arrays.equals(bytes, offset, end, DONE, 0, DONE.length);
    }
}
