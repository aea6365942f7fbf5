package io.llmproxy.convert.responses;

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

/**
 * Writes the events of Responses: each item is announced before anything is told of it, under one name, and told once more
 * as a whole when it ends.
 */
final class ResponsesStreamEncoder implements StreamEncoder {
    private static final byte[] HEARTBEAT = ": keep-alive\n".getBytes(StandardCharsets.US_ASCII);
    private static final int ID = 32;

    private final Answering as;
    private final JsonBuffer out = new JsonBuffer(1024);
    private final Map<Integer, Item> items = new HashMap<>();
    /** The items that have ended, at their places. */
    private final List<Json> output = new ArrayList<>();

    private String id = "";
    private @Nullable Usage usage;
    private boolean started;
    private boolean failed;
    private @Nullable Fault objection;
    private long sequence;
    private int size;
    private Stop stop = new Stop(Stop.Reason.UNKNOWN);

    ResponsesStreamEncoder(Answering as) {
        this.as = as;
    }

    @Override
    public JsonBuffer written() {
        return out;
    }

    @Override
    public @Nullable Fault objection() {
        return objection;
    }

    /** Each item is told again when it ends, and all of them at the end of the stream. */
    @Override
    public long held() {
        return 2L * size;
    }

    @Override
    public byte[] heartbeat() {
        return HEARTBEAT.clone();
    }

    @Override
    public void begin(@Nullable String upstreamId, @Nullable Usage known) {
        id = ResponsesAnswers.id(upstreamId, as);
        usage = known;
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        items.put(part, new Item(kind, "", new ToolNames.Origin(null, "", false)));
    }

    @Override
    public void openCall(int choice, int part, String callId, String name, @Nullable Opaque opaque) {
        carry(opaque);
        ToolNames.Origin origin = as.names().down(name);
        Item item = new Item(Kind.CALL, callId, origin);
        items.put(part, item);
        announce(item);
    }

    /** Tells the state that belongs to what comes next in an item of its own. */
    private void carry(@Nullable Opaque opaque) {
        String sealed = ResponsesOutput.seal(opaque, "", as);
        if (sealed != null) {
            Item item = new Item(Kind.SUMMARY, "", new ToolNames.Origin(null, "", false));
            announce(item);
            item.sealed = sealed;
            end(item);
        }
    }

    /** Writes the beginning of an item, when it is known that there is something to tell. */
    private void announce(Item item) {
        if (item.index >= 0) {
            return;
        }
        start();
        item.index = output.size();
        output.add(Json.Null.NULL);
        item.id = item.prefix() + as.ids().next(ID);
        event("response.output_item.added", itemEvent(item, item.begun()));
        switch (item.kind) {
            case TEXT, REFUSAL -> event("response.content_part.added", part(item, item.content("")));
            default -> {
                // There may be nothing but a signature.
            }
        }
        item.head = head(item);
    }

    private byte[] head(Item item) {
        String type = item.deltaType();
        JsonBuffer head = new JsonBuffer(256)
                .raw("event: ")
                .raw(type)
                .raw("\ndata: {\"type\":\"")
                .raw(type)
                .raw("\",\"item_id\":")
                .string(item.id)
                .raw(",\"output_index\":")
                .number(item.index);
        if (item.kind == Kind.TEXT) {
            head.raw(",\"content_index\":0,\"logprobs\":[]");
        } else if (item.kind == Kind.REFUSAL) {
            head.raw(",\"content_index\":0");
        } else if (item.kind != Kind.CALL) {
            head.raw(",\"summary_index\":0");
        }
        return head.raw(",\"delta\":").toBytes();
    }

    @Override
    public void delta(int choice, int part, String text) {
        Item item = items.get(part);
        if (item == null || failed || item.kind == Kind.REDACTED) {
            return;
        }
        size += text.length();
        if (size > as.limits().text()) {
            objection = Fault.of(Fault.Cause.BAD_ANSWER, 502, "the answer is too large");
            return;
        }
        announce(item);
        if (item.text.isEmpty() && (item.kind == Kind.REASONING || item.kind == Kind.SUMMARY)) {
            event(
                    "response.reasoning_summary_part.added",
                    place(item, "summary_index").put("part", ResponsesOutput.summary("")));
        }
        item.text.append(text);
        if (!item.origin.custom()) {
            write(item, text);
        }
    }

    private void write(Item item, String text) {
        out.raw(item.head)
                .string(text)
                .raw(",\"sequence_number\":")
                .number(sequence++)
                .raw("}\n\n");
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        Item item = items.get(part);
        if (item == null) {
            return;
        }
        if (item.kind == Kind.TEXT) {
            item.opaque = opaque;
        } else {
            item.sealed = ResponsesOutput.seal(opaque, item.text.toString(), as);
        }
    }

    @Override
    public void close(int choice, int part) {
        Item item = items.remove(part);
        if (item != null && !failed) {
            end(item);
        }
    }

    private void end(Item item) {
        if (item.sealed != null) {
            announce(item);
        }
        if (item.index >= 0) {
            String text = item.text.toString();
            switch (item.kind) {
                case TEXT -> endText(item, text);
                case REFUSAL -> endRefusal(item, text);
                case CALL -> endCall(item, text);
                default -> endReasoning(item, text);
            }
            Json.Obj whole = item.whole();
            output.set(item.index, whole);
            event("response.output_item.done", itemEvent(item, whole));
        }
        carry(item.opaque);
    }

    private void endText(Item item, String text) {
        event(
                "response.output_text.done",
                place(item, "content_index").put("text", text).put("logprobs", new Json.Arr()));
        event("response.content_part.done", part(item, item.content(text)));
    }

    private void endRefusal(Item item, String text) {
        event("response.refusal.done", place(item, "content_index").put("refusal", text));
        event("response.content_part.done", part(item, item.content(text)));
    }

    private void endReasoning(Item item, String text) {
        if (text.isEmpty()) {
            return;
        }
        event(
                "response.reasoning_summary_text.done",
                place(item, "summary_index").put("text", text));
        event(
                "response.reasoning_summary_part.done",
                place(item, "summary_index").put("part", ResponsesOutput.summary(text)));
    }

    private void endCall(Item item, String arguments) {
        Json.Obj done = new Json.Obj().put("item_id", item.id).put("output_index", item.index);
        if (item.origin.custom()) {
            String input = CustomInput.of(as.names().areCustomKnown(), arguments);
            item.text.setLength(0);
            item.text.append(input);
            write(item, input);
            event("response.custom_tool_call_input.done", done.put("input", input));
        } else {
            event(
                    "response.function_call_arguments.done",
                    done.put("name", item.origin.name()).put("arguments", arguments));
        }
    }

    private static Json.Obj place(Item item, String index) {
        return new Json.Obj()
                .put("item_id", item.id)
                .put("output_index", item.index)
                .put(index, 0);
    }

    private static Json.Obj part(Item item, Json.Obj content) {
        return place(item, "content_index").put("part", content);
    }

    private static Json.Obj itemEvent(Item item, Json.Obj written) {
        return new Json.Obj().put("output_index", item.index).put("item", written);
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
        if (failed) {
            return;
        }
        failed = true;
        start();
        String code = OpenAiFaults.code(fault);
        Json.Obj error =
                new Json.Obj().put("code", code == null ? "server_error" : code).put("message", fault.message());
        Json.Obj response =
                ResponsesHead.of(id, "failed", as).put("error", error).put("output", ended());
        event("response.failed", new Json.Obj().put("response", response.putNull("usage")));
    }

    @Override
    public void finish() {
        if (failed) {
            return;
        }
        start();
        Usage known = usage == null ? as.estimate() : usage;
        Json.Obj response = ResponsesAnswers.response(id, stop, ended(), as).put("usage", ResponsesUsage.encode(known));
        event(stop.isCut() ? "response.incomplete" : "response.completed", new Json.Obj().put("response", response));
    }

    private Json.Arr ended() {
        return new Json.Arr(
                output.stream().filter(item -> item != Json.Null.NULL).toList());
    }

    private void start() {
        if (started) {
            return;
        }
        started = true;
        Json.Obj response = ResponsesHead.of(id, "in_progress", as).putNull("usage");
        event("response.created", new Json.Obj().put("response", response));
        event("response.in_progress", new Json.Obj().put("response", response));
    }

    private void event(String type, Json.Obj data) {
        out.raw("event: ").raw(type).raw("\ndata: {\"type\":\"").raw(type).raw("\",\"sequence_number\":");
        out.number(sequence++);
        data.members()
                .forEach((name, value) -> out.raw(',').string(name).raw(':').value(value));
        out.raw("}\n\n");
    }

    /** An item that is being told. */
    private static final class Item {
        private final Kind kind;
        private final String callId;
        private final ToolNames.Origin origin;
        private final StringBuilder text = new StringBuilder();
        private String id = "";
        private int index = -1;
        private byte[] head = {};
        private @Nullable String sealed;
        private @Nullable Opaque opaque;

        Item(Kind kind, String callId, ToolNames.Origin origin) {
            this.kind = kind;
            this.callId = callId;
            this.origin = origin;
        }

        String prefix() {
            return switch (kind) {
                case TEXT, REFUSAL -> "msg_";
                case CALL -> origin.custom() ? "ctc_" : "fc_";
                default -> "rs_";
            };
        }

        String deltaType() {
            return switch (kind) {
                case TEXT -> "response.output_text.delta";
                case REFUSAL -> "response.refusal.delta";
                case CALL ->
                    origin.custom()
                            ? "response.custom_tool_call_input.delta"
                            : "response.function_call_arguments.delta";
                default -> "response.reasoning_summary_text.delta";
            };
        }

        Json.Obj begun() {
            return switch (kind) {
                case TEXT, REFUSAL ->
                    ResponsesOutput.message(id, new Json.Obj())
                            .put("status", "in_progress")
                            .put("content", new Json.Arr());
                case CALL -> ResponsesOutput.call(id, callId, origin, "", "in_progress");
                default -> ResponsesOutput.reasoning(id, "", null);
            };
        }

        Json.Obj content(String words) {
            return kind == Kind.REFUSAL
                    ? ResponsesOutput.refusal(words)
                    : ResponsesOutput.text(words, new Json.Arr(), new Json.Arr());
        }

        Json.Obj whole() {
            String words = text.toString();
            return switch (kind) {
                case TEXT, REFUSAL -> ResponsesOutput.message(id, content(words));
                case CALL -> ResponsesOutput.call(id, callId, origin, words, "completed");
                default -> ResponsesOutput.reasoning(id, words, sealed);
            };
        }
    }
}
