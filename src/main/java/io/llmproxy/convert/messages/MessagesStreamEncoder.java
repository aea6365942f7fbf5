package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events of Messages. One block is open at a time: what belongs to a later one waits, and follows in one piece
 * when its turn comes.
 */
final class MessagesStreamEncoder implements StreamEncoder {
    private static final byte[] HEARTBEAT =
            "event: ping\ndata: {\"type\":\"ping\"}\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final String DELTA =
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";

    private final Answering as;
    private final JsonBuffer out = new JsonBuffer(1024);
    private final Map<Integer, Block> blocks = new HashMap<>();
    private final Deque<Block> waiting = new ArrayDeque<>();
    private @Nullable Block current;
    private @Nullable String id;
    private Usage usage;
    private boolean started;
    private boolean failed;
    private @Nullable Fault objection;
    private boolean badCall;
    private int next;
    private int held;
    private Stop stop = new Stop(Stop.Reason.UNKNOWN);

    MessagesStreamEncoder(Answering as) {
        this.as = as;
        this.usage = as.estimate();
    }

    @Override
    public JsonBuffer written() {
        return out;
    }

    @Override
    public @Nullable Fault objection() {
        return objection;
    }

    @Override
    public @Nullable Fault ending() {
        return badCall && !stop.isCut()
                ? Fault.of(
                        Fault.Cause.BAD_ANSWER,
                        502,
                        "the model called a tool with arguments that are not a JSON object")
                : null;
    }

    @Override
    public long held() {
        return held;
    }

    @Override
    public byte[] heartbeat() {
        return HEARTBEAT.clone();
    }

    @Override
    public void begin(@Nullable String upstreamId, @Nullable Usage known) {
        id = upstreamId;
        usage = known == null ? usage : known;
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        enter(part, new Block(kind, "", "", null));
    }

    @Override
    public void openCall(int choice, int part, String callId, String name, @Nullable Opaque opaque) {
        enter(part, new Block(Kind.CALL, callId, as.names().down(name).name(), opaque));
    }

    private void enter(int part, Block block) {
        blocks.put(part, block);
        if (block.kind != Kind.CALL) {
            endWholeCalls();
        }
        if (current == null) {
            current = block;
            if (block.kind == Kind.CALL) {
                startBlock(block);
            }
        } else {
            waiting.add(block);
        }
    }

    /** An upstream that does not say where a call ends says so at the end of the answer. If text follows, the call has ended before it. */
    private void endWholeCalls() {
        Block call = current;
        while (call != null && call.kind == Kind.CALL && JsonReader.object(call.text.toString()) != null) {
            blocks.values().remove(call);
            endBlock(call);
            call = waiting.poll();
            current = call;
            if (call != null) {
                resume(call);
            }
        }
    }

    @Override
    public void delta(int choice, int part, String text) {
        Block block = blocks.get(part);
        if (block == null || failed) {
            return;
        }
        if (block.kind == Kind.CALL) {
            keep(block, text);
        }
        if (objection != null) {
            return;
        }
        if (block == current) {
            write(block, text);
        } else if (block.kind != Kind.CALL) {
            keep(block, text);
        }
    }

    /** Arguments are kept until they are known to be an object, and whatever has to wait. */
    private void keep(Block block, String text) {
        held += text.length();
        if (held > as.limits().arguments()) {
            objection = Fault.of(Fault.Cause.BAD_ANSWER, 502, "the calls of the answer are too large");
        } else {
            block.text.append(text);
        }
    }

    private void write(Block block, String text) {
        startBlock(block);
        block.told = true;
        out.raw(DELTA).number(block.index).raw(deltaOf(block.kind)).string(text).raw("}}\n\n");
    }

    private static String deltaOf(Kind kind) {
        return switch (kind) {
            case CALL -> ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":";
            case REASONING, SUMMARY -> ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":";
            default -> ",\"delta\":{\"type\":\"text_delta\",\"text\":";
        };
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        Block block = blocks.get(part);
        if (block != null) {
            block.opaque = opaque;
        }
    }

    @Override
    public void close(int choice, int part) {
        Block block = blocks.remove(part);
        if (block == null || failed) {
            return;
        }
        block.closed = true;
        while (current != null && current.closed) {
            endBlock(current);
            current = waiting.poll();
            if (current != null) {
                resume(current);
            }
        }
    }

    private void resume(Block block) {
        if (block.kind == Kind.CALL) {
            startBlock(block);
        }
        if (!block.text.isEmpty()) {
            write(block, block.text.toString());
        }
    }

    private void startBlock(Block block) {
        if (block.index >= 0) {
            return;
        }
        if (block.kind == Kind.CALL && block.opaque != null) {
            whole(MessagesAnswers.thinking("", block.opaque));
        }
        Json.Obj content = new Json.Obj();
        switch (block.kind) {
            case CALL ->
                content.put("type", "tool_use")
                        .put("id", block.id)
                        .put("name", block.name)
                        .put("input", new Json.Obj());
            case REASONING, SUMMARY ->
                content.put("type", "thinking").put("thinking", "").put("signature", "");
            default -> content.put("type", "text").put("text", "");
        }
        block.index = start(content);
    }

    private int start(Json.Obj content) {
        startMessage();
        out.raw("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
                .number(next)
                .raw(",\"content_block\":")
                .value(content)
                .raw("}\n\n");
        return next++;
    }

    private void end(int index) {
        out.raw("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
                .number(index)
                .raw("}\n\n");
    }

    /** Writes a block of thinking that has no words, only a signature. */
    private void whole(Json.Obj thinking) {
        String signature = thinking.string("signature", "");
        int index =
                start(new Json.Obj().put("type", "thinking").put("thinking", "").put("signature", ""));
        signature(index, signature);
        end(index);
    }

    private void signature(int index, String signature) {
        out.raw(DELTA)
                .number(index)
                .raw(",\"delta\":{\"type\":\"signature_delta\",\"signature\":")
                .string(signature)
                .raw("}}\n\n");
    }

    private void endBlock(Block block) {
        Opaque opaque = block.opaque;
        boolean thinks = block.kind == Kind.REASONING || block.kind == Kind.SUMMARY;
        if (block.kind == Kind.REDACTED) {
            if (opaque != null) {
                end(start(MessagesAnswers.redacted(opaque)));
            }
            return;
        }
        if (block.kind == Kind.CALL) {
            endCall(block);
        } else if (thinks && opaque != null) {
            startBlock(block);
            signature(block.index, MessagesAnswers.seal(opaque));
        }
        if (block.index >= 0) {
            end(block.index);
        }
        if (!thinks && block.kind != Kind.CALL && opaque != null) {
            whole(MessagesAnswers.thinking("", opaque));
        }
    }

    private void endCall(Block block) {
        String arguments = block.text.toString();
        if (!block.told) {
            write(block, "{}");
        } else {
            badCall |= !arguments.isBlank() && JsonReader.object(arguments) == null;
        }
        held -= arguments.length();
        block.text.setLength(0);
    }

    @Override
    public void stop(int choice, Stop reason) {
        stop = reason;
    }

    @Override
    public void usage(Usage known) {
        usage = known;
    }

    @Override
    public void failure(Fault fault) {
        if (!failed) {
            failed = true;
            out.raw("event: error\ndata: ").value(MessagesFaults.encode(fault)).raw("\n\n");
        }
    }

    @Override
    public void finish() {
        startMessage();
        out.raw("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":")
                .value(MessagesStops.encode(stop, new Json.Obj()))
                .raw(",\"usage\":")
                .value(MessagesUsage.encode(usage))
                .raw("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    private void startMessage() {
        if (started) {
            return;
        }
        started = true;
        Json.Obj message = MessagesAnswers.head(id, as)
                .put("content", new Json.Arr())
                .putNull("stop_reason")
                .putNull("stop_sequence")
                .put("usage", MessagesUsage.encode(usage));
        out.raw("event: message_start\ndata: {\"type\":\"message_start\",\"message\":")
                .value(message)
                .raw("}\n\n");
    }

    /** A part that is told as a block; of a call, and of what has to wait, what it has so far. */
    private static final class Block {
        private final Kind kind;
        private final String id;
        private final String name;
        private final StringBuilder text = new StringBuilder(0);
        private @Nullable Opaque opaque;
        private int index = -1;
        private boolean told;
        private boolean closed;

        Block(Kind kind, String id, String name, @Nullable Opaque opaque) {
            this.kind = kind;
            this.id = id;
            this.name = name;
            this.opaque = opaque;
        }
    }
}
