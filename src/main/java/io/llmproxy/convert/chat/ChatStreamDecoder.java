package io.llmproxy.convert.chat;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.StreamEvents;
import io.llmproxy.convert.model.StreamEvents.Kind;
import io.llmproxy.convert.model.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the chunks of a chat. */
final class ChatStreamDecoder implements StreamDecoder {
    private static final int MOST_CHOICES = 128;

    private final Attempt attempt;
    private final List<Speaker> speakers = new ArrayList<>(1);
    private boolean begun;
    private boolean over;
    private boolean done;

    ChatStreamDecoder(Attempt attempt) {
        this.attempt = attempt;
    }

    @Override
    public void event(Json.Obj data, StreamEvents events) {
        if (over) {
            return;
        }
        if (isError(data)) {
            over = true;
            events.failure(Faults.decode(200, 0, data));
            return;
        }
        if (!begun) {
            begun = true;
            events.begin(data.string("id"), null);
        }
        List<Json> choices = data.array("choices");
        for (Json choice : choices) {
            if (choice instanceof Json.Obj object) {
                choice(object, events);
            }
        }
        Usage usage = ChatUsage.decode(data.object("usage"));
        if (usage != null) {
            events.usage(usage);
            if (choices.isEmpty() && isStopped()) {
                finish(events);
            }
        }
    }

    @Override
    public void done(StreamEvents events) {
        done = true;
        if (!over && begun) {
            finish(events);
        }
    }

    @Override
    public void end(StreamEvents events) {
        if (over) {
            return;
        }
        if (done || isStopped()) {
            finish(events);
        } else {
            over = true;
            events.failure(Fault.of(Fault.Cause.SERVER, 502, "the upstream's stream ended early"));
        }
    }

    private static boolean isError(Json.Obj data) {
        Json error = data.get("error");
        return error != null && error != Json.Bool.FALSE && !error.equals(new Json.Str(""));
    }

    private boolean isStopped() {
        return !speakers.isEmpty() && speakers.stream().allMatch(speaker -> speaker.stopped);
    }

    private void finish(StreamEvents events) {
        over = true;
        for (Speaker speaker : speakers) {
            speaker.end(events);
        }
        events.finish();
    }

    private void choice(Json.Obj choice, StreamEvents events) {
        int index = (int) choice.number("index", 0);
        if (index < 0 || index >= MOST_CHOICES) {
            return;
        }
        while (speakers.size() <= index) {
            speakers.add(new Speaker(speakers.size()));
        }
        speakers.get(index).hear(choice, events);
    }

    /** One of the answers that are told at once. */
    private final class Speaker {
        private final int choice;
        private final List<ChatCall> calls = new ArrayList<>(0);
        private int parts;
        private int open = -1;
        private @Nullable Kind kind;
        private boolean stopped;

        Speaker(int choice) {
            this.choice = choice;
        }

        void hear(Json.Obj said, StreamEvents events) {
            Json.Obj delta = said.object("delta");
            if (delta == null) {
                delta = said.object("message");
            }
            if (delta != null) {
                delta(delta, events);
            }
            // Some servers write an empty one until there is a reason.
            Json reason = said.get("finish_reason");
            if (reason != null && !reason.equals(new Json.Str(""))) {
                stopped = true;
                calls.forEach(call -> call.open(this::next, choice, attempt, events));
                Stop stop = ChatStops.decode(said);
                events.stop(choice, stop.after(!calls.isEmpty()));
            }
        }

        private void delta(Json.Obj delta, StreamEvents events) {
            String thought = delta.string("reasoning_content");
            say(Kind.REASONING, thought == null ? delta.string("reasoning", "") : thought, events);
            Json content = delta.get("content");
            if (content != null) {
                say(Kind.TEXT, ChatAnswers.text(content), events);
            }
            say(Kind.REFUSAL, delta.string("refusal", ""), events);
            for (Json call : delta.array("tool_calls")) {
                if (call instanceof Json.Obj object) {
                    call(object, events);
                }
            }
            Json.Obj function = delta.object("function_call");
            if (function != null) {
                call(new Json.Obj().put("index", 0).put("function", function), events);
            }
        }

        private void say(Kind what, String text, StreamEvents events) {
            if (text.isEmpty()) {
                return;
            }
            if (kind != what) {
                closeWords(events);
                kind = what;
                open = next();
                events.open(choice, open, what);
            }
            events.delta(choice, open, text);
        }

        private void call(Json.Obj fragment, StreamEvents events) {
            closeWords(events);
            ChatCall call = find(fragment, events);
            call.hear(fragment, this::next, choice, attempt, events);
        }

        /** Servers differ in how they tell which call a fragment belongs to. */
        private ChatCall find(Json.Obj fragment, StreamEvents events) {
            long index = fragment.number("index", -1);
            String id = fragment.string("id", "");
            Json.Obj function = fragment.object("function");
            boolean named = function != null && !function.string("name", "").isEmpty();
            ChatCall found = null;
            for (ChatCall call : calls) {
                boolean same = index >= 0 ? call.isAt(index) : id.isEmpty() || call.hasId(id);
                found = same ? call : found;
            }
            if (found != null && !(named && !id.isEmpty() && !found.mayHaveId(id))) {
                return found;
            }
            calls.forEach(call -> call.open(this::next, choice, attempt, events));
            ChatCall call = new ChatCall(index);
            calls.add(call);
            return call;
        }

        private int next() {
            return parts++;
        }

        private void closeWords(StreamEvents events) {
            if (kind != null) {
                kind = null;
                events.close(choice, open);
            }
        }

        void end(StreamEvents events) {
            closeWords(events);
            for (ChatCall call : calls) {
                call.open(this::next, choice, attempt, events);
                call.close(choice, events);
            }
        }
    }
}
