package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.StreamEvents;
import io.llmproxy.convert.model.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes a whole answer of the events of a stream. */
public final class Collector implements StreamEvents {
    private final int limit;
    private final Map<Integer, Map<Integer, Piece>> pieces = new TreeMap<>();
    private final Map<Integer, Stop> stops = new TreeMap<>();
    private @Nullable String id;
    private @Nullable Usage usage;
    private @Nullable Fault fault;
    private int size;
    private boolean whole;

    /**
     * Makes one.
     *
     * @param limit the most characters that it keeps
     */
    public Collector(int limit) {
        this.limit = limit;
    }

    /** Returns the error that the stream ended with, or that it has too many characters; null if there is none. */
    public @Nullable Fault fault() {
        return fault;
    }

    /** Returns whether the stream has come to its good end. */
    public boolean isWhole() {
        return whole;
    }

    /** Returns what has come so far. */
    public ChatAnswer answer() {
        List<Choice> choices = new ArrayList<>();
        for (Map.Entry<Integer, Map<Integer, Piece>> choice : pieces.entrySet()) {
            choices.add(choice(choice.getKey(), choice.getValue()));
        }
        for (Integer silent : stops.keySet()) {
            if (!pieces.containsKey(silent)) {
                choices.add(choice(silent, Map.of()));
            }
        }
        if (choices.isEmpty()) {
            choices.add(new Choice(0, List.of(), new Stop(Stop.Reason.UNKNOWN), null));
        }
        return new ChatAnswer(id, choices, usage, null);
    }

    /** Returns one part as it is so far. */
    public Part part(int choice, int part) {
        return piece(choice, part).part();
    }

    private Choice choice(int index, Map<Integer, Piece> parts) {
        Stop stop = stops.get(index);
        return new Choice(
                index,
                parts.values().stream().map(Piece::part).toList(),
                stop == null ? new Stop(Stop.Reason.UNKNOWN) : stop,
                null);
    }

    @Override
    public void begin(@Nullable String upstreamId, @Nullable Usage known) {
        id = upstreamId;
        usage = known;
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        put(choice, part, new Piece(kind, "", "", null));
    }

    @Override
    public void openCall(int choice, int part, String callId, String name, @Nullable Opaque opaque) {
        put(choice, part, new Piece(Kind.CALL, callId, name, opaque));
    }

    @Override
    public void delta(int choice, int part, String text) {
        size += text.length();
        if (size > limit) {
            failure(Fault.of(Fault.Cause.BAD_ANSWER, 502, "the upstream's answer is too large"));
        } else {
            piece(choice, part).text.append(text);
        }
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        piece(choice, part).opaque = opaque;
    }

    @Override
    public void close(int choice, int part) {
        // A part that is not closed is kept as well.
    }

    @Override
    public void stop(int choice, Stop stop) {
        stops.put(choice, stop);
    }

    @Override
    public void usage(Usage known) {
        usage = known;
    }

    @Override
    public void failure(Fault reason) {
        fault = fault == null ? reason : fault;
    }

    @Override
    public void finish() {
        whole = true;
    }

    private void put(int choice, int part, Piece piece) {
        pieces.computeIfAbsent(choice, none -> new TreeMap<>()).put(part, piece);
    }

    private Piece piece(int choice, int part) {
        return pieces.computeIfAbsent(choice, none -> new TreeMap<>())
                .computeIfAbsent(part, none -> new Piece(Kind.TEXT, "", "", null));
    }

    /** A part that grows. */
    private static final class Piece {
        private final Kind kind;
        private final String id;
        private final String name;
        private final StringBuilder text = new StringBuilder();
        private @Nullable Opaque opaque;

        Piece(Kind kind, String id, String name, @Nullable Opaque opaque) {
            this.kind = kind;
            this.id = id;
            this.name = name;
            this.opaque = opaque;
        }

        Part part() {
            String all = text.toString();
            return switch (kind) {
                case TEXT -> new Part.Text(all, List.of(), null, opaque);
                case REFUSAL -> new Part.Refusal(all);
                case CALL -> new Part.ToolCall(id, name, null, all, false, opaque, Node.of(Json.Null.NULL));
                case REASONING -> new Part.Reasoning(Part.Reasoning.Kind.RAW, texts(all), opaque);
                case SUMMARY -> new Part.Reasoning(Part.Reasoning.Kind.SUMMARY, texts(all), opaque);
                case REDACTED -> new Part.Reasoning(Part.Reasoning.Kind.REDACTED, List.of(), opaque);
            };
        }

        private static List<String> texts(String all) {
            return all.isEmpty() ? List.of() : List.of(all);
        }
    }
}
