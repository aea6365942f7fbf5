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
    private final Map<Long, Item> items = new HashMap<>();
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
            case "response.output_item.done" -> done(index(data), data.object("item"), events);
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
            events.failure(Fault.of(Fault.Cause.SERVER, 502, "the upstream's stream ended before its end"));
        }
    }

    private static void begin(Json.@Nullable Obj response, StreamEvents events) {
        events.begin(response == null ? null : response.string("id"), null);
    }

    private void fail(Json.@Nullable Obj response, Json.Obj data, StreamEvents events) {
        over = true;
        events.failure(Faults.decode(200, 0, response == null ? data : response));
    }

    private static long index(Json.Obj data) {
        return data.number("output_index", -1);
    }

    private Item item(long index) {
        return items.computeIfAbsent(index, none -> new Item());
    }

    private void words(Json.Obj data, Kind kind, StreamEvents events) {
        String text = data.string("delta", "");
        if (!text.isEmpty()) {
            Item item = item(index(data));
            item.say(kind, data.number("content_index", 0), events, this);
            events.delta(0, item.open, text);
        }
    }

    private void thought(Json.Obj data, String indexName, Kind kind, StreamEvents events) {
        String text = data.string("delta", "");
        if (text.isEmpty()) {
            return;
        }
        Item item = item(index(data));
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
            open(item(index(data)), added, events);
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
        String id = call.string("call_id", "");
        events.openCall(
                0, item.open, id.isEmpty() ? "call_" + attempt.ids().next(24) : id, call.string("name", ""), null);
    }

    private void arguments(Json.Obj data, StreamEvents events) {
        String text = data.string("delta", "");
        Item item = item(index(data));
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
        Item item = item(index(data));
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
            events.failure(Fault.of(
                    Fault.Cause.BAD_ANSWER, 502, "the upstream's call ends with other arguments than it told before"));
        }
    }

    private void done(long index, Json.@Nullable Obj done, StreamEvents events) {
        if (done == null) {
            return;
        }
        Item item = item(index);
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
        if (items.isEmpty()) {
            for (int index = 0; index < output.size() && !over; index++) {
                if (output.get(index) instanceof Json.Obj item) {
                    done(index, item, events);
                }
            }
        }
        if (over) {
            return;
        }
        over = true;
        for (Item item : new ArrayList<>(items.values())) {
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

        void close(StreamEvents events) {
            if (open >= 0 && !ended) {
                ended = true;
                events.close(0, open);
            }
        }
    }
}
