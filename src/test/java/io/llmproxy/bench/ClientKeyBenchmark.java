package io.llmproxy.bench;

import io.llmproxy.auth.Authentication;
import io.llmproxy.auth.ClientKeys;
import io.llmproxy.auth.ConfiguredKeys;
import io.llmproxy.auth.KeyPlace;
import io.llmproxy.auth.KeySource;
import io.llmproxy.auth.PresentedKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.load.ConfigLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/** What it costs to find out whose key a client shows: 100,000 keys are to cost no more than ten. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ClientKeyBenchmark {
    private static final String MINIMAL = """
            http_server: {forwards: [{name: f, upstream_group: g}]}
            upstreams: [{name: u, url: 'http://u'}]
            upstream_groups: [{name: g, upstreams: [{name: u}]}]
            """;
    private static final int SHOWN = 1000;
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

    /** How many keys there are. */
    @Param({"10", "100000"})
    public int keys;

    private ClientKeys known;
    private PresentedKey[] shown;
    private int next;

    /** Makes the keys. Those that are shown in turn are as many each time, and half of them are known. */
    @Setup
    public void setUp() {
        ProxyConfig without =
                ConfigLoader.parse(MINIMAL, "benchmark", Path.of(""), Map.of()).config();
        List<ClientKeyConfig> many = IntStream.range(0, keys)
                .mapToObj(number -> new ClientKeyConfig(
                        "k" + number,
                        new Secret("sk-" + (1_000_000 + number)),
                        true,
                        null,
                        List.of(),
                        null,
                        0,
                        false,
                        null,
                        List.of()))
                .toList();
        ProxyConfig config = new ProxyConfig(
                without.httpServer(),
                without.upstreams(),
                without.upstreamGroups(),
                many,
                List.of(),
                List.of(),
                null,
                null,
                without.log(),
                without.ledger(),
                null,
                null,
                null,
                without.metrics(),
                null,
                null,
                without.jmx(),
                false);
        known = ConfiguredKeys.of(config, KeySource.NONE)
                .of(config.httpServer().forwards().get(0));
        shown = IntStream.range(0, SHOWN)
                .mapToObj(number -> "sk-" + (1_000_000 + (long) number * keys * 2 / SHOWN))
                .map(key -> (PresentedKey) new PresentedKey.One(new Secret(key), KeyPlace.AUTHORIZATION))
                .toArray(PresentedKey[]::new);
    }

    /** One client. */
    @Benchmark
    public Authentication authenticate() {
        next = next + 1 == shown.length ? 0 : next + 1;
        return known.authenticate(shown[next], NOW);
    }
}
