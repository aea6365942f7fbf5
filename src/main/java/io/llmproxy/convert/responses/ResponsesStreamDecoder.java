package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.StreamEvents;
import io.llmproxy.convert.model.StreamEvents.Kind;
import io.llmproxy.convert.model.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the events of Responses; servers that leave some of them out are understood too. */
final class ResponsesStreamDecoder implements StreamDecoder {
    private final Attempt attempt;
    private final List<Item> items = new ArrayList<>();
    private final Map<Long, Item> byIndex = new HashMap<>();
    private final Map<String, Item> byId = new HashMap<>();
    private int parts;
    private boolean calls;
    private boolean over;

    ResponsesStreamDecoder(Attempt attempt) {
        this.attempt = attempt;
    }

    @Override
    public void event(Json.Obj data, StreamEvents events) {
        if (over) {
            return;
        }
        String type = data.string("type", "");
        switch (type) {
            case "response.output_text.delta" -> words(data, Kind.TEXT, events);
            case "response.refusal.delta" -> words(data, Kind.REFUSAL, events);
            case "response.reasoning_summary_text.delta" -> thought(data, "summary_index", Kind.SUMMARY, events);
            case "response.reasoning_text.delta" -> thought(data, "content_index", Kind.REASONING, events);
            case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
                arguments(data, events);
            case "response.function_call_arguments.done" -> argumentsDone(data, data.string("arguments", ""), events);
            case "response.custom_tool_call_input.done" -> argumentsDone(data, data.string("input", ""), events);
            case "response.output_item.added" -> added(data, events);
            case "response.output_item.done" -> done(data, events);
            case "response.created", "response.in_progress" -> begin(data.object("response"), events);
            case "response.completed", "response.incomplete", "response.done" ->
                completed(data.object("response"), events);
            case "response.failed" -> fail(data.object("response"), data, events);
            case "error" -> fail(null, data, events);
            default -> {
                // Starts and ends that the deltas imply, and events that are newer than this code.
            }
        }
    }

    @Override
    public void end(StreamEvents events) {
        if (!over) {
            over = true;
            events.failure(Fault.of(Fault.Cause.SERVER, 502, "the upstream's stream ended early"));
        }
    }

    private static void begin(Json.@Nullable Obj response, StreamEvents events) {
        events.begin(response == null ? null : response.string("id"), null);
    }

    private void fail(Json.@Nullable Obj response, Json.Obj data, StreamEvents events) {
        over = true;
        events.failure(Faults.decode(200, 0, response == null ? data : response));
    }

    /** Servers differ in how they tell which item an event is about: by its place, by its name, or not at all. */
    private Item item(Json.Obj data) {
        long index = data.number("output_index", -1);
        String id = id(data);
        Item item = known(index, id);
        if (item == null && index < 0 && id.isEmpty() && !items.isEmpty()) {
            item = items.get(items.size() - 1);
        }
        return item == null ? begin(index, id) : item;
    }

    private @Nullable Item known(long index, String id) {
        Item item = byIndex.get(index);
        return item == null ? byId.get(id) : item;
    }

    /** The end of an item may be the first event that names it, or that tells its place. */
    private Item ended(Json.Obj data, Json.Obj done) {
        long index = data.number("output_index", -1);
        String id = id(data);
        if (known(index, id) == null) {
            for (Item item : items) {
                if (!item.closed
                        && item.isOfType(done)
                        && (item.index < 0 || index < 0)
                        && (item.id.isEmpty() || id.isEmpty())) {
                    name(item, index, id);
                    return item;
                }
            }
        }
        return item(data);
    }

    private Item begin(long index, String id) {
        Item item = new Item();
        items.add(item);
        name(item, index, id);
        return item;
    }

    private void name(Item item, long index, String id) {
        if (index >= 0) {
            item.index = index;
            byIndex.put(index, item);
        }
        if (!id.isEmpty()) {
            item.id = id;
            byId.put(id, item);
        }
    }

    private static String id(Json.Obj data) {
        Json.Obj item = data.object("item");
        return data.string("item_id", item == null ? "" : item.string("id", ""));
    }

    private void words(Json.Obj data, Kind kind, StreamEvents events) {
        String text = data.string("delta", "");
        if (!text.isEmpty()) {
            Item item = item(data);
            item.say(kind, data.number("content_index", 0), events, this);
            events.delta(0, item.open, text);
        }
    }

    private void thought(Json.Obj data, String indexName, Kind kind, StreamEvents events) {
        String text = data.string("delta", "");
        if (text.isEmpty()) {
            return;
        }
        Item item = item(data);
        long section = data.number(indexName, 0);
        boolean next = item.kind == kind && item.section != section;
        item.say(kind, item.kind == kind ? item.section : section, events, this);
        if (next) {
            item.section = section;
            events.delta(0, item.open, "\n\n");
        }
        events.delta(0, item.open, text);
    }

    private void added(Json.Obj data, StreamEvents events) {
        Json.Obj added = data.object("item");
        if (added != null && isCall(added)) {
            open(item(data), added, events);
        }
    }

    private static boolean isCall(Json.Obj item) {
        String type = item.string("type", "");
        return type.equals("function_call") || type.equals("custom_tool_call");
    }

    private void open(Item item, Json.Obj call, StreamEvents events) {
        if (item.open >= 0) {
            return;
        }
        calls = true;
        item.kind = Kind.CALL;
        item.open = parts++;
        item.custom = call.string("type", "").equals("custom_tool_call");
        item.callId = call.string("call_id", "");
        String id = item.callId.isEmpty() ? "call_" + attempt.ids().next(24) : item.callId;
        events.openCall(0, item.open, id, call.string("name", ""), null);
    }

    private void arguments(Json.Obj data, StreamEvents events) {
        String text = data.string("delta", "");
        Item item = item(data);
        if (item.open < 0) {
            // It is not known yet which call they belong to; the end of the item tells.
            return;
        }
        if (!text.isEmpty()) {
            item.arguments.append(text);
            events.delta(0, item.open, text);
        }
    }

    /** What is told at the end counts: what is missing is added, what contradicts is an error. */
    private void argumentsDone(Json.Obj data, String whole, StreamEvents events) {
        Item item = item(data);
        if (item.open >= 0) {
            finish(item, whole, events);
        }
    }

    private void finish(Item item, String whole, StreamEvents events) {
        String told = item.arguments.toString();
        if (whole.startsWith(told)) {
            if (whole.length() > told.length()) {
                item.arguments.append(whole, told.length(), whole.length());
                events.delta(0, item.open, whole.substring(told.length()));
            }
        } else if (!whole.isEmpty()) {
            over = true;
            events.failure(
                    Fault.of(Fault.Cause.BAD_ANSWER, 502, "the upstream contradicted the arguments of a tool call"));
        }
    }

    private void done(Json.Obj data, StreamEvents events) {
        Json.Obj done = data.object("item");
        if (done != null) {
            done(isCall(done) ? item(data) : ended(data, done), done, events);
        }
    }

    private void done(Item item, Json.Obj done, StreamEvents events) {
        if (item.closed) {
            return;
        }
        if (isCall(done)) {
            open(item, done, events);
            finish(item, done.string(item.custom ? "input" : "arguments", ""), events);
        } else if (done.string("type", "").equals("message")) {
            message(item, done, events);
        } else if (done.string("type", "").equals("reasoning")) {
            reasoning(item, done, events);
        }
        if (!over) {
            item.close(events);
            item.closed = true;
        }
    }

    /** Tells what no delta has told. */
    private void message(Item item, Json.Obj done, StreamEvents events) {
        if (item.open >= 0) {
            return;
        }
        List<Json> content = done.array("content");
        for (int section = 0; section < content.size(); section++) {
            if (content.get(section) instanceof Json.Obj part) {
                boolean refusal = part.string("refusal") != null;
                String text = part.string(refusal ? "refusal" : "text", "");
                if (!text.isEmpty()) {
                    item.say(refusal ? Kind.REFUSAL : Kind.TEXT, section, events, this);
                    events.delta(0, item.open, text);
                }
            }
        }
    }

    private void reasoning(Item item, Json.Obj done, StreamEvents events) {
        String text = ResponsesAnswers.summary(done);
        if (item.open < 0 && !text.isEmpty()) {
            item.say(Kind.SUMMARY, 0, events, this);
            events.delta(0, item.open, text);
        }
        String encrypted = SealedItem.of(done);
        if (!encrypted.isEmpty()) {
            item.say(item.kind == null ? Kind.SUMMARY : item.kind, item.section, events, this);
            events.sign(0, item.open, new Opaque(attempt.family(), Opaque.Kind.SIGNATURE, encrypted));
        }
    }

    /** An item of the whole answer is told as far as no event has told it. */
    private void missing(int index, Json.Obj whole, boolean told, StreamEvents events) {
        Item known = byIndex.get((long) index);
        known = known == null || !isSame(known, whole) ? byId.get(whole.string("id", "")) : known;
        if (known != null && isSame(known, whole)) {
            done(known, whole, events);
        } else if (!told || (isCall(whole) ? !isCalled(whole) : isFirstMessage(whole))) {
            done(begin(index, whole.string("id", "")), whole, events);
        }
    }

    private static boolean isSame(Item item, Json.Obj whole) {
        if (isCall(whole)) {
            return item.kind == Kind.CALL && (item.callId.isEmpty() || item.callId.equals(whole.string("call_id", "")));
        }
        return item.closed ? item.kind != Kind.CALL : item.isOfType(whole);
    }

    private boolean isCalled(Json.Obj call) {
        return items.stream().anyMatch(item -> item.callId.equals(call.string("call_id", "")));
    }

    private boolean isFirstMessage(Json.Obj whole) {
        return whole.string("type", "").equals("message")
                && items.stream().noneMatch(item -> item.kind == Kind.TEXT || item.kind == Kind.REFUSAL);
    }

    private void completed(Json.@Nullable Obj response, StreamEvents events) {
        if (response == null) {
            response = new Json.Obj();
        }
        if (response.string("status", "").equals("failed")) {
            fail(response, response, events);
            return;
        }
        begin(response, events);
        List<Json> output = response.array("output");
        boolean told = !items.isEmpty();
        for (int index = 0; index < output.size() && !over; index++) {
            if (output.get(index) instanceof Json.Obj item) {
                missing(index, item, told, events);
            }
        }
        if (over) {
            return;
        }
        over = true;
        for (Item item : items) {
            item.close(events);
        }
        Usage usage = ResponsesUsage.decode(response.object("usage"));
        if (usage != null) {
            events.usage(usage);
        }
        events.stop(0, ResponsesAnswers.stop(response).after(calls));
        events.finish();
    }

    /** An item; of a call, the arguments so far. */
    private static final class Item {
        private final StringBuilder arguments = new StringBuilder(0);
        private @Nullable Kind kind;
        private String callId = "";
        private String id = "";
        private long index = -1;
        private int open = -1;
        private long section;
        private boolean custom;
        private boolean closed;
        private boolean ended;

        /** Goes on with a section of the item, and begins it if need be. */
        void say(Kind what, long where, StreamEvents events, ResponsesStreamDecoder decoder) {
            if (open >= 0 && !ended && kind == what && section == where) {
                return;
            }
            close(events);
            kind = what;
            section = where;
            ended = false;
            open = decoder.parts++;
            events.open(0, open, what);
        }

        /** Whether what was told of it is what items of the type of another one tell. */
        boolean isOfType(Json.Obj other) {
            return switch (other.string("type", "")) {
                case "message" -> kind == Kind.TEXT || kind == Kind.REFUSAL;
                case "reasoning" -> kind == Kind.SUMMARY || kind == Kind.REASONING;
                default -> false;
            };
        }

        void close(StreamEvents events) {
            if (open >= 0 && !ended) {
                ended = true;
                events.close(0, open);
            }
        }
    }
}
