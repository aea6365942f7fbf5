package io.llmproxy.convert;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What models thought before they called a tool, for clients whose API has no place for it: the model sees it again when the
 * client sends the result. Without it a model goes on without its thoughts, so it is enough to remember what there is room for, on
 * this node, for an hour.
 *
 * <p>May be used by several threads.
 */
public final class ReasoningMemory {
    private static final long MOST = 16L << 20;
    private static final Duration KEPT = Duration.ofHours(1);

    private final Cache<Key, Thoughts> thoughts;

    /** Makes an empty one. */
    public ReasoningMemory() {
        this(MOST, Ticker.systemTicker());
    }

    ReasoningMemory(long most, Ticker ticker) {
        // Evicts where it is used: it has no thread that could outlive the application.
        thoughts = Caffeine.newBuilder()
                .maximumWeight(most)
                .weigher((Key key, Thoughts value) -> value.weight())
                .expireAfterWrite(KEPT)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** A call of a client: only that client is given what belongs to it. */
    private record Key(Object owner, String call) {}

    /**
     * What stands before a call, and with it.
     *
     * @param call what the provider wants to see again with the call; null if nothing
     */
    private record Thoughts(
            List<Part.Reasoning> reasoning, @Nullable Opaque call) {
        private static final int OVERHEAD = 256;

        int weight() {
            int bytes = OVERHEAD + (call == null ? 0 : call.value().length());
            for (Part.Reasoning part : reasoning) {
                bytes += 2 * part.text().length()
                        + (part.opaque() == null ? 0 : part.opaque().value().length());
            }
            return bytes;
        }
    }

    /**
     * Returns what belongs to one client.
     *
     * @param owner tells clients apart, by equality
     */
    public Recollection of(Object owner) {
        return new Recollection(owner);
    }

    /** What belongs to one client. */
    public final class Recollection {
        private final Object owner;

        private Recollection(Object owner) {
            this.owner = owner;
        }

        /** Remembers what a model thought before its first call, if there is a call, and the thoughts are sealed. */
        void keep(List<Part> answer) {
            List<Part.Reasoning> reasoning = new ArrayList<>(1);
            for (Part part : answer) {
                if (part instanceof Part.Reasoning thought) {
                    reasoning.add(thought);
                } else if (part instanceof Part.ToolCall call) {
                    keep(call.id(), call.opaque(), reasoning);
                    return;
                }
            }
        }

        /**
         * Remembers what a model thought before a call, if it is sealed.
         *
         * @param call what the provider wants to see again with the call
         */
        void keep(String callId, @Nullable Opaque call, List<Part.Reasoning> reasoning) {
            boolean sealed = call != null || reasoning.stream().anyMatch(thought -> thought.opaque() != null);
            if (sealed && !callId.isEmpty()) {
                thoughts.put(new Key(owner, callId), new Thoughts(List.copyOf(reasoning), call));
            }
        }

        /** Puts back what a client could not send. */
        ChatRequest recall(ChatRequest request) {
            List<Turn> turns = request.turns().stream().map(this::recall).toList();
            return turns.equals(request.turns()) ? request : request.with(turns);
        }

        private Turn recall(Turn turn) {
            Part.ToolCall first = turn.role() == Turn.Role.ASSISTANT ? firstCall(turn) : null;
            if (first == null || isSealed(turn)) {
                return turn;
            }
            Thoughts kept = thoughts.getIfPresent(new Key(owner, first.id()));
            return kept == null ? turn : turn.with(parts(turn, first, kept));
        }

        private static List<Part> parts(Turn turn, Part.ToolCall first, Thoughts kept) {
            List<Part> parts = new ArrayList<>(kept.reasoning());
            for (Part part : turn.parts()) {
                if (part == first && kept.call() != null) {
                    parts.add(first.with(kept.call()));
                } else if (!(part instanceof Part.Reasoning)) {
                    parts.add(part);
                }
            }
            return parts;
        }

        private static Part.@Nullable ToolCall firstCall(Turn turn) {
            for (Part part : turn.parts()) {
                if (part instanceof Part.ToolCall call) {
                    return call;
                }
            }
            return null;
        }

        private static boolean isSealed(Turn turn) {
            return turn.parts().stream().anyMatch(Recollection::isSealed);
        }

        private static boolean isSealed(Part part) {
            return (part instanceof Part.Reasoning thought && thought.opaque() != null)
                    || (part instanceof Part.ToolCall call && call.opaque() != null);
        }
    }
}
