package io.llmproxy.bench;

import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.EventStreamReader;
import io.llmproxy.protocol.StreamEnd;
import io.llmproxy.usage.UsageReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to watch an event of some 200 bytes pass by. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class StreamBenchmark {
    /** Whose stream it is. */
    @Param({"chat", "messages", "responses", "gemini"})
    public String api;

    private final EventStreamReader events = new EventStreamReader();
    private StreamEnd end;
    private UsageReader usage;
    private byte[] event;

    /** Makes an event from the middle of a stream, which says nothing of its end. */
    @Setup
    public void setUp() {
        String path = switch (api) {
            case "chat" -> "/v1/chat/completions";
            case "messages" -> "/v1/messages";
            case "responses" -> "/v1/responses";
            case "gemini" -> "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
            default -> throw new IllegalArgumentException(api);
        };
        end = StreamEnd.of(ApiPath.of(path).endpoint());
        usage = new UsageReader(ApiPath.of(path).endpoint().usage("POST").orElseThrow(), "text/event-stream");
        event = text().getBytes(StandardCharsets.UTF_8);
    }

    private String text() {
        return switch (api) {
            case "chat" ->
                "data: {\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
                        + "\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
                        + "\"finish_reason\":null}]}\n\n";
            case "messages" ->
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                        + "\"delta\":{\"type\":\"text_delta\",\"text\":\" a few words that were made in one go, and then"
                        + " some more of them\"}}\n\n";
            case "responses" ->
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
                        + "\"sequence_number\":17,\"item_id\":\"msg_0123456789abcdef\",\"output_index\":0,\"content_index\":0,"
                        + "\"delta\":\" word\",\"logprobs\":[]}\n\n";
            default ->
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" a few words that were made in one"
                        + " go\"}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":8},"
                        + "\"modelVersion\":\"gemini-2.5-flash\"}\r\n\r\n";
        };
    }

    /** Where it ends, so that something may be put behind it. */
    @Benchmark
    public boolean boundary() {
        events.input(event, 0, event.length);
        while (events.next() != EventStreamReader.Part.MORE) {}
        return events.isBetweenEvents();
    }

    /** All that is looked at in an event that is relayed: where it ends, and whether the stream is complete with it. */
    @Benchmark
    public boolean completion() {
        end.scan(event, 0, event.length);
        return end.isBetweenEvents() && !end.seen();
    }

    /** What it took. */
    @Benchmark
    public long usage() {
        usage.accept(event, 0, event.length);
        return usage.textBytes();
    }

    /** All that is looked at in an event that is relayed. */
    @Benchmark
    public boolean both() {
        usage.accept(event, 0, event.length);
        end.scan(event, 0, event.length);
        return end.isBetweenEvents() && !end.seen();
    }
}
