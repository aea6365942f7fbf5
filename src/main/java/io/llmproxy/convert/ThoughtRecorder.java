package io.llmproxy.convert;

import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.StreamEvents;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Hears what a model thinks in a stream, so that it can be remembered when the stream calls a tool. Thoughts that are too long are
 * not remembered.
 */
final class ThoughtRecorder {
    private static final int MOST = 256 * 1024;

    private final ReasoningMemory.Recollection memory;
    private final Map<Integer, Thought> reasoning = new TreeMap<>();
    private int size;
    private boolean tooLong;
    private @Nullable String callId;
    private @Nullable Opaque call;

    ThoughtRecorder(ReasoningMemory.Recollection memory) {
        this.memory = memory;
    }

    private static final class Thought {
        private final Part.Reasoning.Kind kind;
        private final StringBuilder text = new StringBuilder();
        private @Nullable Opaque opaque;

        Thought(Part.Reasoning.Kind kind) {
            this.kind = kind;
        }

        Part.Reasoning part() {
            return new Part.Reasoning(kind, text.isEmpty() ? List.of() : List.of(text.toString()), opaque);
        }
    }

    void open(int choice, int part, StreamEvents.Kind kind) {
        if (choice != 0 || callId != null) {
            return;
        }
        switch (kind) {
            case REASONING -> reasoning.put(part, new Thought(Part.Reasoning.Kind.RAW));
            case SUMMARY -> reasoning.put(part, new Thought(Part.Reasoning.Kind.SUMMARY));
            case REDACTED -> reasoning.put(part, new Thought(Part.Reasoning.Kind.REDACTED));
            case TEXT, REFUSAL, CALL -> {}
        }
    }

    void openCall(int choice, String id, @Nullable Opaque opaque) {
        if (choice == 0 && callId == null) {
            callId = id;
            call = opaque;
        }
    }

    void delta(int choice, int part, String text) {
        Thought thought = choice == 0 ? reasoning.get(part) : null;
        if (thought == null || tooLong) {
            return;
        }
        size += text.length();
        if (size > MOST) {
            tooLong = true;
            reasoning.clear();
        } else {
            thought.text.append(text);
        }
    }

    void sign(int choice, int part, Opaque opaque) {
        Thought thought = choice == 0 ? reasoning.get(part) : null;
        if (thought != null) {
            thought.opaque = opaque;
        }
    }

    /** The stream has come to its good end. */
    void finish() {
        if (callId != null && !tooLong) {
            memory.keep(
                    callId, call, reasoning.values().stream().map(Thought::part).toList());
        }
    }

    /** Returns about how many bytes are kept. */
    long held() {
        return 2L * Math.min(size, MOST);
    }
}
