package io.llmproxy.convert.completions;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.OpenAiFaults;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Writes the chunks of a completion: words alone. */
final class CompletionsStreamEncoder implements StreamEncoder {
    private static final byte[] HEARTBEAT = ": keep-alive\n".getBytes(StandardCharsets.US_ASCII);

    private final Answering as;
    private final JsonBuffer out = new JsonBuffer(512);
    private final Set<Long> words = new TreeSet<>();
    private final Map<Integer, Stop> stops = new TreeMap<>();
    private String id = "";
    private @Nullable Usage usage;

    CompletionsStreamEncoder(Answering as) {
        this.as = as;
    }

    @Override
    public JsonBuffer written() {
        return out;
    }

    @Override
    public byte[] heartbeat() {
        return HEARTBEAT.clone();
    }

    @Override
    public void begin(@Nullable String upstreamId, @Nullable Usage known) {
        id = "cmpl-" + as.ids().next(24);
        usage = known;
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        if (kind == Kind.TEXT || kind == Kind.REFUSAL) {
            words.add(key(choice, part));
        }
    }

    @Override
    public void openCall(int choice, int part, String callId, String name, @Nullable Opaque opaque) {
        // There were no tools.
    }

    @Override
    public void delta(int choice, int part, String text) {
        if (words.contains(key(choice, part))) {
            chunk(new Json.Arr().add(CompletionsCodec.choice(choice, text, null)), null);
        }
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        // There is no place for it.
    }

    @Override
    public void close(int choice, int part) {
        words.remove(key(choice, part));
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
    public void failure(Fault fault) {
        out.raw("data: ").value(OpenAiFaults.encode(fault)).raw("\n\n");
    }

    @Override
    public void finish() {
        stops.putIfAbsent(0, new Stop(Stop.Reason.UNKNOWN));
        stops.forEach((choice, stop) -> chunk(
                new Json.Arr().add(CompletionsCodec.choice(choice, "", new Json.Str(CompletionsCodec.word(stop)))),
                null));
        if (as.request().streamUsage() && usage != null) {
            chunk(new Json.Arr(), CompletionsCodec.usage(usage));
        }
        out.raw("data: [DONE]\n\n");
    }

    private void chunk(Json.Arr choices, Json.@Nullable Obj known) {
        Json.Obj chunk = CompletionsCodec.head(id, as).put("choices", choices).put("usage", known);
        out.raw("data: ").value(chunk).raw("\n\n");
    }

    private static long key(int choice, int part) {
        return ((long) choice << 32) | part;
    }
}
