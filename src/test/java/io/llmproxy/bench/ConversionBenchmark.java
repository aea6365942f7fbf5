package io.llmproxy.bench;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.StreamConverter;
import io.llmproxy.convert.Upstream;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.model.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
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

/** What it costs to convert a short request, and an event of one word. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ConversionBenchmark {
    private static final Limits LIMITS = new Limits(1 << 20, 1 << 20, Integer.MAX_VALUE);

    /** Who asks whom. */
    @Param({"chat>messages", "messages>chat", "responses>chat", "gemini>chat", "chat>gemini"})
    public String pair;

    private Dialect client;
    private Upstream upstream;
    private byte[] request;
    private byte[] event;
    private StreamConverter stream;

    /** Brings a stream into its middle. */
    @Setup
    public void setUp() {
        client = Dialect.valueOf(pair.substring(0, pair.indexOf('>')).toUpperCase(Locale.ROOT));
        Dialect dialect = Dialect.valueOf(pair.substring(pair.indexOf('>') + 1).toUpperCase(Locale.ROOT));
        upstream = Upstream.of(dialect, "model");
        request = json(
                switch (client) {
                    case GEMINI -> "{'contents':[{'role':'user','parts':[{'text':'How are you doing today?'}]}]}";
                    case RESPONSES -> "{'model':'m','stream':true,'input':'How are you doing today?'}";
                    default ->
                        "{'model':'m','max_tokens':100,'stream':true,"
                                + "'messages':[{'role':'user','content':'How are you doing today?'}]}";
                });
        event = json(
                switch (dialect) {
                    case CHAT ->
                        "data: {'id':'chatcmpl-0123456789','object':'chat.completion.chunk','created':1760000000,"
                                + "'model':'gpt-4o','choices':[{'index':0,'delta':{'content':' word'},'finish_reason':null}]}\n\n";
                    case MESSAGES ->
                        "event: content_block_delta\ndata: {'type':'content_block_delta','index':0,"
                                + "'delta':{'type':'text_delta','text':' word'}}\n\n";
                    default ->
                        "data: {'candidates':[{'content':{'parts':[{'text':' word'}],'role':'model'},'index':0}],"
                                + "'usageMetadata':{'promptTokenCount':8},'modelVersion':'gemini-2.5-flash'}\n\n";
                });
        byte[] beginning = json("data: {'type':'content_block_start','index':0,'content_block':{'type':'text'}}\n\n");
        stream = conversion().attempt(upstream, 0).stream();
        stream.accept(beginning, 0, beginning.length);
    }

    /** From a client's bytes to an upstream's. */
    @Benchmark
    public int request() {
        return conversion().attempt(upstream, 0).requestBody().length;
    }

    /** From an upstream's bytes to a client's. */
    @Benchmark
    public int event() {
        return stream.accept(event, 0, event.length).size();
    }

    private Conversion conversion() {
        return Conversion.of(client, new RequestLine("m", true, false), request, Policy.DEFAULT, LIMITS, Ids.random());
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }
}
