package io.llmproxy.convert.gemini;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes the chunks of streamGenerateContent: as events, each of one line, or as the elements of an array. Nothing else may
 * stand between them, no comment either: these clients take every line for JSON.
 */
final class GeminiStreamEncoder implements StreamEncoder {
    private static final byte[] NOTHING = {};

    private final Answering as;
    private final boolean array;
    private final JsonBuffer out = new JsonBuffer(1024);
    private final Map<Long, Block> blocks = new HashMap<>();
    private final Map<Integer, Speaker> speakers = new TreeMap<>();
    private byte[] tail = {};
    private @Nullable Usage usage;
    private boolean started;
    private boolean failed;
    private @Nullable Fault objection;
    private boolean badCall;
    private int held;

    GeminiStreamEncoder(Answering as) {
        this.as = as;
        this.array = as.array();
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
        return badCall && !speakers.values().stream().allMatch(speaker -> speaker.stop.isCut())
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
        return NOTHING;
    }

    @Override
    public void begin(@Nullable String id, @Nullable Usage known) {
        usage = known;
        tail = new JsonBuffer(128)
                .raw(",\"modelVersion\":")
                .string(as.model())
                .raw(",\"responseId\":")
                .string(as.ids().next(22))
                .raw('}')
                .toBytes();
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        speaker(choice);
        blocks.put(key(choice, part), new Block(kind, "", ""));
    }

    @Override
    public void openCall(int choice, int part, String id, String name, @Nullable Opaque opaque) {
        speaker(choice);
        blocks.put(
                key(choice, part),
                new Block(Kind.CALL, id, as.names().down(name).name()));
    }

    private static long key(int choice, int part) {
        return ((long) choice << 32) | part;
    }

    private Speaker speaker(int choice) {
        return speakers.computeIfAbsent(choice, none -> new Speaker());
    }

    @Override
    public void delta(int choice, int part, String text) {
        Block block = blocks.get(key(choice, part));
        if (block == null || failed) {
            return;
        }
        boolean thinks = block.kind == Kind.REASONING || block.kind == Kind.SUMMARY;
        if (thinks || block.kind == Kind.CALL) {
            keep(block, text);
        }
        if (objection == null && block.kind != Kind.CALL && (!thinks || GeminiAnswers.shows(as))) {
            begin();
            out.raw("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":")
                    .string(text)
                    .raw(
                            thinks
                                    ? ",\"thought\":true}],\"role\":\"model\"},\"index\":"
                                    : "}],\"role\":\"model\"},\"index\":")
                    .number(choice)
                    .raw("}]");
            end();
        }
    }

    /** Arguments are told as an object, and thoughts may have to be told again with their signature. */
    private void keep(Block block, String text) {
        held += text.length();
        if (held > as.limits().arguments()) {
            objection = Fault.of(Fault.Cause.BAD_ANSWER, 502, "the calls of the answer are too large");
        } else {
            block.text.append(text);
        }
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        Block block = blocks.get(key(choice, part));
        if (block != null) {
            speaker(choice).sealed.add(GeminiAnswers.seal(opaque, block.text.toString()));
        }
    }

    @Override
    public void close(int choice, int part) {
        Block block = blocks.remove(key(choice, part));
        if (block == null || failed) {
            return;
        }
        String text = block.text.toString();
        held -= text.length();
        if (block.kind != Kind.CALL) {
            return;
        }
        Json.Obj arguments = text.isBlank() ? new Json.Obj() : JsonReader.object(text);
        if (arguments == null) {
            badCall = true;
            return;
        }
        List<String> sealed = speaker(choice).sealed;
        Json.Obj call = GeminiAnswers.call(block.id, block.name, arguments, GeminiAnswers.sign(sealed));
        sealed.clear();
        begin();
        out.raw("{\"candidates\":[{\"content\":{\"parts\":[")
                .value(call)
                .raw("],\"role\":\"model\"},\"index\":")
                .number(choice)
                .raw("}]");
        end();
    }

    @Override
    public void stop(int choice, Stop stop) {
        speaker(choice).stop = stop;
    }

    @Override
    public void usage(Usage known) {
        usage = known;
    }

    @Override
    public void failure(Fault fault) {
        if (failed) {
            return;
        }
        failed = true;
        begin();
        out.value(GeminiFaults.encode(fault));
        out.raw(array ? "]\n" : "\n\n");
    }

    @Override
    public void finish() {
        if (failed) {
            return;
        }
        if (speakers.isEmpty()) {
            speaker(0);
        }
        Json.Arr candidates = new Json.Arr();
        speakers.forEach((choice, speaker) -> candidates.add(speaker.last(choice)));
        begin();
        out.raw("{\"candidates\":")
                .value(candidates)
                .raw(",\"usageMetadata\":")
                .value(GeminiUsage.encode(usage == null ? Usage.ZERO : usage));
        end();
        if (array) {
            out.raw("]\n");
        }
    }

    private void begin() {
        if (array) {
            out.raw(started ? ",\n" : "[");
        } else {
            out.raw("data: ");
        }
        started = true;
    }

    private void end() {
        out.raw(tail).raw(array ? "\n" : "\n\n");
    }

    /** One of the answers that are told at once. */
    private static final class Speaker {
        private final List<String> sealed = new ArrayList<>(0);
        private Stop stop = new Stop(Stop.Reason.UNKNOWN);

        Json.Obj last(int index) {
            Json.Obj part = new Json.Obj().put("text", "").put("thoughtSignature", GeminiAnswers.sign(sealed));
            Json.Obj content =
                    new Json.Obj().put("parts", new Json.Arr().add(part)).put("role", "model");
            return new Json.Obj()
                    .put("content", content)
                    .put("finishReason", GeminiStops.encode(stop))
                    .put("index", index);
        }
    }

    /** A part that is being told. */
    private static final class Block {
        private final Kind kind;
        private final String id;
        private final String name;
        private final StringBuilder text = new StringBuilder(0);

        Block(Kind kind, String id, String name) {
            this.kind = kind;
            this.id = id;
            this.name = name;
        }
    }
}
