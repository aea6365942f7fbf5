package io.llmproxy.convert.chat;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.CustomInput;
import io.llmproxy.convert.codec.OpenAiFaults;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.codec.ToolNames;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the chunks of a chat. What is told once, a client may join with what it has: it is written once. */
final class ChatStreamEncoder implements StreamEncoder {
    private static final byte[] HEARTBEAT = ": keep-alive\n".getBytes(StandardCharsets.US_ASCII);

    private final Answering as;
    private final boolean wantsUsage;
    private final JsonBuffer out = new JsonBuffer(1024);
    private final List<Speaker> speakers = new ArrayList<>(1);
    private byte[] head = {};
    private @Nullable Usage usage;
    private @Nullable Fault objection;
    private int held;

    ChatStreamEncoder(Answering as) {
        this.as = as;
        this.wantsUsage = as.request().streamUsage();
    }

    @Override
    public JsonBuffer written() {
        return out;
    }

    @Override
    public @Nullable Fault objection() {
        return objection;
    }

    /** What is written to tools that take text is kept until it is whole. */
    @Override
    public long held() {
        return held;
    }

    @Override
    public byte[] heartbeat() {
        return HEARTBEAT.clone();
    }

    @Override
    public void begin(@Nullable String id, @Nullable Usage known) {
        usage = known;
        head = new JsonBuffer(256)
                .raw("data: {\"id\":")
                .string(ChatAnswers.id(id, as))
                .raw(",\"object\":\"chat.completion.chunk\",\"created\":")
                .number(as.epochSecond())
                .raw(",\"model\":")
                .string(as.model())
                .raw(",\"choices\":[")
                .toBytes();
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        Speaker speaker = speaker(choice);
        if (kind == Kind.REDACTED || (isThought(kind) && !as.policy().reasoningContent())) {
            speaker.members.put(part, "");
        } else {
            speaker.members.put(
                    part, isThought(kind) ? "reasoning_content" : kind == Kind.TEXT ? "content" : "refusal");
        }
    }

    @Override
    public void openCall(int choice, int part, String id, String name, @Nullable Opaque opaque) {
        Speaker speaker = speaker(choice);
        ToolNames.Origin origin = as.names().down(name);
        int index = speaker.calls.size();
        speaker.calls.put(part, new Call(index, origin.custom() ? new StringBuilder() : null));
        Json.Obj call = new Json.Obj().put("index", index).put("id", id);
        if (origin.custom()) {
            call.put("type", "custom")
                    .put("custom", new Json.Obj().put("name", origin.name()).put("input", ""));
        } else {
            call.put("type", "function")
                    .put("function", new Json.Obj().put("name", origin.name()).put("arguments", ""));
        }
        call.put("extra_content", ChatAnswers.signature(opaque, as));
        delta(choice).raw("{\"tool_calls\":[").value(call).raw("]}");
        endDelta();
    }

    @Override
    public void delta(int choice, int part, String text) {
        Speaker speaker = speaker(choice);
        String member = speaker.members.get(part);
        if (member == null) {
            argument(choice, speaker.calls.get(part), text);
        } else if (!member.isEmpty()) {
            delta(choice).raw("{\"").raw(member).raw("\":").string(text).raw('}');
            endDelta();
        }
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        // There is no place for it.
    }

    @Override
    public void close(int choice, int part) {
        Call call = speaker(choice).calls.get(part);
        if (call != null && call.held != null) {
            String input = CustomInput.of(as.names().areCustomKnown(), call.held.toString());
            delta(choice)
                    .raw("{\"tool_calls\":[{\"index\":")
                    .number(call.index)
                    .raw(",\"custom\":{\"input\":")
                    .string(input)
                    .raw("}}]}");
            endDelta();
            held -= call.held.length();
            call.held.setLength(0);
        }
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
        out.raw("data: ").value(OpenAiFaults.encode(fault)).raw("\n\n");
    }

    @Override
    public void finish() {
        if (speakers.isEmpty()) {
            speaker(0);
        }
        for (int choice = 0; choice < speakers.size(); choice++) {
            Stop stop = speakers.get(choice).stop;
            out.raw(head)
                    .raw("{\"index\":")
                    .number(choice)
                    .raw(",\"delta\":{},\"finish_reason\":\"")
                    .raw(ChatStops.encode(stop))
                    .raw("\"}]");
            endChunk();
        }
        if (wantsUsage && usage != null) {
            out.raw(head).raw("],\"usage\":").value(ChatUsage.encode(usage)).raw("}\n\n");
        }
        out.raw("data: [DONE]\n\n");
    }

    private void argument(int choice, @Nullable Call call, String text) {
        if (call == null) {
            return;
        }
        if (call.held != null) {
            held += text.length();
            if (held > as.limits().arguments()) {
                objection = Fault.of(Fault.Cause.BAD_ANSWER, 502, "the calls of the answer are too large");
            } else {
                call.held.append(text);
            }
            return;
        }
        delta(choice)
                .raw("{\"tool_calls\":[{\"index\":")
                .number(call.index)
                .raw(",\"function\":{\"arguments\":")
                .string(text)
                .raw("}}]}");
        endDelta();
    }

    private static boolean isThought(Kind kind) {
        return kind == Kind.REASONING || kind == Kind.SUMMARY;
    }

    private Speaker speaker(int choice) {
        while (speakers.size() <= choice) {
            int index = speakers.size();
            speakers.add(new Speaker());
            delta(index).raw("{\"role\":\"assistant\",\"content\":\"\"}");
            endDelta();
        }
        return speakers.get(choice);
    }

    private JsonBuffer delta(int choice) {
        return out.raw(head).raw("{\"index\":").number(choice).raw(",\"delta\":");
    }

    private void endDelta() {
        out.raw(",\"finish_reason\":null}]");
        endChunk();
    }

    private void endChunk() {
        out.raw(wantsUsage ? ",\"usage\":null}\n\n" : "}\n\n");
    }

    /** One of the answers that are told at once. */
    private static final class Speaker {
        private final Map<Integer, String> members = new HashMap<>();
        private final Map<Integer, Call> calls = new HashMap<>();
        private Stop stop = new Stop(Stop.Reason.UNKNOWN);
    }

    /** A call; of a custom one, what it has so far. */
    private static final class Call {
        private final int index;
        private final @Nullable StringBuilder held;

        Call(int index, @Nullable StringBuilder held) {
            this.index = index;
            this.held = held;
        }
    }
}
