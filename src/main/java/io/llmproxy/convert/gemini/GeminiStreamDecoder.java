package io.llmproxy.convert.gemini;

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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the chunks of streamGenerateContent; calls come whole. */
final class GeminiStreamDecoder implements StreamDecoder {
    private static final int MOST_CHOICES = 128;

    private final Attempt attempt;
    private final List<Speaker> speakers = new ArrayList<>(1);
    private boolean begun;
    private boolean over;

    GeminiStreamDecoder(Attempt attempt) {
        this.attempt = attempt;
    }

    @Override
    public void event(Json.Obj data, StreamEvents events) {
        if (over) {
            return;
        }
        if (data.get("error") != null) {
            over = true;
            events.failure(Faults.decode(200, 0, data));
            return;
        }
        Usage usage = GeminiUsage.decode(data.object("usageMetadata"));
        if (!begun) {
            begun = true;
            events.begin(data.string("responseId"), usage);
        }
        for (Json candidate : data.array("candidates")) {
            if (candidate instanceof Json.Obj object) {
                candidate(object, events);
            }
        }
        Stop blocked = GeminiStops.blocked(data);
        if (blocked != null && speakers.isEmpty()) {
            speaker(0).stopped = true;
            events.stop(0, blocked);
        }
        if (usage != null) {
            events.usage(usage);
        }
    }

    @Override
    public void end(StreamEvents events) {
        if (over) {
            return;
        }
        over = true;
        boolean whole = !speakers.isEmpty() && speakers.stream().allMatch(speaker -> speaker.stopped);
        if (whole) {
            speakers.forEach(speaker -> speaker.close(events));
            events.finish();
        } else {
            events.failure(Fault.of(Fault.Cause.SERVER, 502, "the upstream's stream ended early"));
        }
    }

    private void candidate(Json.Obj candidate, StreamEvents events) {
        int index = (int) candidate.number("index", 0);
        if (index < 0 || index >= MOST_CHOICES) {
            return;
        }
        Speaker speaker = speaker(index);
        Json.Obj content = candidate.object("content");
        for (Json part : content == null ? List.<Json>of() : content.array("parts")) {
            if (part instanceof Json.Obj object) {
                speaker.hear(object, events);
            }
        }
        String reason = candidate.string("finishReason", "");
        if (!reason.isEmpty() && !reason.equals("FINISH_REASON_UNSPECIFIED")) {
            speaker.stopped = true;
            events.stop(index, GeminiStops.decode(reason).after(speaker.called));
        }
    }

    private Speaker speaker(int index) {
        while (speakers.size() <= index) {
            speakers.add(new Speaker(speakers.size()));
        }
        return speakers.get(index);
    }

    /** One of the answers that are told at once. */
    private final class Speaker {
        private final int choice;
        private int parts;
        private int open;
        private @Nullable Kind kind;
        private boolean called;
        private boolean stopped;

        Speaker(int choice) {
            this.choice = choice;
        }

        void hear(Json.Obj part, StreamEvents events) {
            Json.Obj call = part.object("functionCall");
            if (call != null) {
                call(part, call, events);
                return;
            }
            String text = part.string("text", "");
            boolean thought = part.isTrue("thought");
            if (!text.isEmpty()) {
                ensure(thought ? Kind.SUMMARY : Kind.TEXT, events);
                events.delta(choice, open, text);
            }
            Opaque signature = thought ? null : GeminiAnswers.signature(part, Opaque.Kind.TEXT, attempt);
            if (signature != null) {
                ensure(Kind.TEXT, events);
                events.sign(choice, open, signature);
                close(events);
            }
        }

        private void call(Json.Obj part, Json.Obj call, StreamEvents events) {
            close(events);
            called = true;
            int number = parts++;
            events.openCall(
                    choice,
                    number,
                    GeminiAnswers.id(call, attempt),
                    call.string("name", ""),
                    GeminiAnswers.signature(part, Opaque.Kind.CALL, attempt));
            events.delta(choice, number, GeminiAnswers.arguments(call));
            events.close(choice, number);
        }

        private void ensure(Kind what, StreamEvents events) {
            if (kind != what) {
                close(events);
                kind = what;
                open = parts++;
                events.open(choice, open, what);
            }
        }

        void close(StreamEvents events) {
            if (kind != null) {
                kind = null;
                events.close(choice, open);
            }
        }
    }
}
