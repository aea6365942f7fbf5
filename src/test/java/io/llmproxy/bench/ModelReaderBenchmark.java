package io.llmproxy.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import io.llmproxy.protocol.ModelReader;
import io.llmproxy.protocol.RequestFacts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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

/**
 * What it costs to read the model of a request, with the reader of this project and with Jackson's parser that does not block. Two
 * megabytes of plain English are to take at most 2 ms.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ModelReaderBenchmark {
    private static final int SEGMENT = 64 * 1024;

    /** The length of the prompt. */
    @Param({"1000", "2000000"})
    public int length;

    /** What the prompt repeats. */
    @Param({"plain", "lines", "chinese", "messages"})
    public String content;

    private final JsonFactory jackson = new JsonFactory();
    private byte[] bytes;
    private List<ByteBuffer> body;

    /** Makes the body, in pieces like those that a request is collected in. */
    @Setup
    public void setUp() {
        String unit = switch (content) {
            case "plain" -> "The quick brown fox jumps over the lazy dog. ";
            case "lines" -> "    if (a == \\\"b\\\") {\\n        return c;\\n    }\\n";
            case "chinese" -> "\u654F\u6377\u7684\u68D5\u8272\u72D0\u72F8\u8DF3\u8FC7\u61D2\u72D7\u3002";
            case "messages" -> "\"},{\"role\":\"user\",\"content\":\"What is the weather like today?";
            default -> throw new IllegalArgumentException(content);
        };
        int unitLength = unit.getBytes(StandardCharsets.UTF_8).length;
        bytes = ("{\"messages\":[{\"role\":\"user\",\"content\":\"" + unit.repeat(length / unitLength)
                        + "\"}],\"temperature\":0.7,\"stream\":true,\"model\":\"gpt-4o\"}")
                .getBytes(StandardCharsets.UTF_8);
        body = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += SEGMENT) {
            body.add(ByteBuffer.wrap(bytes, from, Math.min(SEGMENT, bytes.length - from)));
        }
        if (!(read() instanceof RequestFacts.Read facts)
                || facts.model() == null
                || !facts.model().name().equals(jackson())) {
            throw new IllegalStateException("the two readers find different models");
        }
    }

    /** Reads the body as a whole. */
    @Benchmark
    public RequestFacts read() {
        return ModelReader.of("application/json").read(body);
    }

    /** Reads the body as a whole with Jackson: the same pieces, the same member, and the grammar of all the rest. */
    @Benchmark
    public String jackson() {
        String model = null;
        int depth = 0;
        int end = 0;
        try (JsonParser parser = jackson.createNonBlockingByteArrayParser()) {
            ByteArrayFeeder feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.NOT_AVAILABLE) {
                    if (end == bytes.length) {
                        feeder.endOfInput();
                    } else {
                        int from = end;
                        end = Math.min(bytes.length, from + SEGMENT);
                        feeder.feedInput(bytes, from, end);
                    }
                } else if (token == JsonToken.VALUE_STRING && depth == 1 && "model".equals(parser.currentName())) {
                    model = parser.getText();
                } else if (token.isStructStart()) {
                    depth++;
                } else if (token.isStructEnd()) {
                    depth--;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return model;
    }
}
