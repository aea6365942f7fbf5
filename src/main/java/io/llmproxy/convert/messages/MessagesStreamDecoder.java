package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.StreamEvents;
import io.llmproxy.convert.model.StreamEvents.Kind;
import io.llmproxy.convert.model.Usage;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the events of Messages. */
final class MessagesStreamDecoder implements StreamDecoder {
    private final Attempt attempt;
    private final Map<Long, Block> blocks = new HashMap<>();
    private int parts;
    private boolean calls;
    private boolean stopped;
    private boolean over;
    private @Nullable Usage usage;

    MessagesStreamDecoder(Attempt attempt) {
        this.attempt = attempt;
    }

    @Override
    public void event(Json.Obj data, StreamEvents events) {
        if (over) {
            return;
        }
        switch (data.string("type", "")) {
            case "content_block_delta" -> delta(data, events);
            case "message_start" -> start(data, events);
            case "content_block_start" -> open(data, events);
            case "content_block_stop" -> close(data.number("index", 0), events);
            case "message_delta" -> messageDelta(data, events);
            case "message_stop" -> {
                over = true;
                events.finish();
            }
            case "error" -> {
                over = true;
                events.failure(Faults.decode(200, 0, data));
            }
            default -> {
                // Pings, and events that are newer than this code.
            }
        }
    }

    @Override
    public void end(StreamEvents events) {
        if (over) {
            return;
        }
        over = true;
        if (stopped) {
            events.finish();
        } else {
            events.failure(Fault.of(Fault.Cause.SERVER, 502, "the upstream's stream ended early"));
        }
    }

    private void start(Json.Obj data, StreamEvents events) {
        Json.Obj message = data.object("message");
        if (message != null) {
            usage = MessagesUsage.decode(message.object("usage"), null);
            events.begin(message.string("id"), usage);
        }
    }

    private void open(Json.Obj data, StreamEvents events) {
        Json.Obj content = data.object("content_block");
        if (content == null) {
            return;
        }
        long index = data.number("index", 0);
        switch (content.string("type", "")) {
            case "text" -> begin(index, Kind.TEXT, content.string("text", ""), events);
            case "thinking" -> {
                begin(index, Kind.REASONING, content.string("thinking", ""), events);
                sign(index, content.string("signature", ""), Opaque.Kind.SIGNATURE, events);
            }
            case "redacted_thinking" -> {
                begin(index, Kind.REDACTED, "", events);
                sign(index, content.string("data", ""), Opaque.Kind.REDACTED, events);
            }
            case "tool_use" -> {
                calls = true;
                Block block = new Block(parts++, content.object("input"));
                blocks.put(index, block);
                String id = content.string("id", "");
                events.openCall(
                        0,
                        block.part,
                        id.isEmpty() ? "toolu_" + attempt.ids().next(24) : id,
                        content.string("name", ""),
                        null);
            }
            default -> {
                // What a hosted tool does is not told.
            }
        }
    }

    private void begin(long index, Kind kind, String text, StreamEvents events) {
        Block block = new Block(parts++, null);
        blocks.put(index, block);
        events.open(0, block.part, kind);
        say(block, text, events);
    }

    private void delta(Json.Obj data, StreamEvents events) {
        Json.Obj delta = data.object("delta");
        Block block = blocks.get(data.number("index", 0));
        if (delta == null || block == null) {
            return;
        }
        switch (delta.string("type", "")) {
            case "text_delta" -> say(block, delta.string("text", ""), events);
            case "input_json_delta" -> say(block, delta.string("partial_json", ""), events);
            case "thinking_delta" -> say(block, delta.string("thinking", ""), events);
            case "signature_delta" ->
                sign(data.number("index", 0), delta.string("signature", ""), Opaque.Kind.SIGNATURE, events);
            default -> {
                // Citations have no counterpart in a stream.
            }
        }
    }

    private static void say(Block block, String text, StreamEvents events) {
        if (!text.isEmpty()) {
            block.told = true;
            events.delta(0, block.part, text);
        }
    }

    private void sign(long index, String value, Opaque.Kind kind, StreamEvents events) {
        Block block = blocks.get(index);
        if (block != null && !value.isEmpty()) {
            events.sign(0, block.part, new Opaque(attempt.family(), kind, value));
        }
    }

    private void close(long index, StreamEvents events) {
        Block block = blocks.remove(index);
        if (block == null) {
            return;
        }
        if (!block.told && block.input != null) {
            events.delta(0, block.part, block.input.text());
        }
        events.close(0, block.part);
    }

    private void messageDelta(Json.Obj data, StreamEvents events) {
        usage = MessagesUsage.decode(data.object("usage"), usage);
        if (usage != null) {
            events.usage(usage);
        }
        Json.Obj delta = data.object("delta");
        if (delta != null && delta.get("stop_reason") != null) {
            stopped = true;
            Stop stop = MessagesStops.decode(delta);
            refuse(stop.refusal(), events);
            events.stop(0, stop.after(calls));
        }
    }

    /** Tells why the model refuses; other dialects have no other place for it. */
    private void refuse(@Nullable String explanation, StreamEvents events) {
        if (explanation != null) {
            int part = parts++;
            events.open(0, part, Kind.REFUSAL);
            events.delta(0, part, explanation);
            events.close(0, part);
        }
    }

    /** A block that is open; of a call, what its beginning told of the arguments. */
    private static final class Block {
        private final int part;
        private final Json.@Nullable Obj input;
        private boolean told;

        Block(int part, Json.@Nullable Obj input) {
            this.part = part;
            this.input = input;
        }
    }
}
