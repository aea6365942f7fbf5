package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.ConfigReload.Outcome;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.metrics.ConfigMetrics;
import io.llmproxy.proxy.admission.KeyLimits;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.Metering;
import io.llmproxy.proxy.exchange.Mounts;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.quota.Quotas;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.UpstreamListener;
import io.llmproxy.upstream.Upstreams;
import io.llmproxy.usage.Prices;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReloaderTest {
    private final List<String> steps = new ArrayList<>();
    private final List<HttpClient> made = new ArrayList<>();
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final UpstreamHttp http =
            new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
    private final Listeners listeners = new Listeners() {
        @Override
        public Listening open(ProxyConfig config) {
            steps.add("open " + name(config));
            if (portTaken) {
                throw new IllegalStateException("cannot be opened", new IOException("port 3000 is taken"));
            }
            return Listening.asConfigured(config);
        }

        @Override
        public void settle(ProxyConfig config) {
            steps.add("settle " + name(config));
        }
    };

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private boolean portTaken;
    private boolean buildFails;
    private boolean pricesFail;
    private boolean takeOverFails;

    @BeforeEach
    void start() {
        http.start();
    }

    @AfterEach
    void stop() {
        http.stop();
    }

    /** A configuration whose group is called by a name, and reached with its own client. */
    private void write(String group, int connect) {
        write("""
                http_server: {forwards: [{name: f, port: 3000, upstream_group: %1$s}]}
                upstreams: [{name: u, url: 'http://u'}]
                upstream_groups: [{name: %1$s, upstreams: [{name: u}], http_client: {timeout: {connect: %2$ss}}}]
                """.formatted(group, connect));
    }

    private void write(String yaml) {
        try {
            Files.writeString(file(), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file() {
        return directory.resolve("config.yaml");
    }

    private static String name(ProxyConfig config) {
        return config.upstreamGroups().get(0).name();
    }

    private Generation build(
            ProxyConfig config, Prices prices, Listening listening, @Nullable Generation before, Runnable left) {
        Upstreams upstreams =
                (before == null ? Upstreams.NONE : before.upstreams()).next(config, http, new UpstreamListener() {});
        steps.add("build " + name(config));
        made.add(upstreams.group(name(config)).client());
        if (buildFails) {
            throw new IllegalStateException("no forward can be made");
        }
        Mounts mounts = new Mounts(List.of(), listening::port, listening.adminPort(), true);
        Serving serving = new Serving(mounts, new ExchangeListener() {}, Metering.start(), left);
        long version = before == null ? 1 : before.version() + 1;
        return new Generation(
                version,
                config,
                upstreams,
                KeyLimits.of(Stream.of(), Quotas.NONE, null),
                List.of(),
                serving,
                listening);
    }

    private Prices prices(ProxyConfig config) {
        if (pricesFail) {
            throw new IllegalStateException("no prices in " + name(config));
        }
        return Prices.NONE;
    }

    private void takeOver(Generation generation) {
        steps.add("take over " + name(generation.config()));
        if (takeOverFails) {
            throw new IllegalStateException("no more threads");
        }
    }

    private Reloader reloader() {
        ConfigSource source = ConfigSource.find(file());
        Reloader reloader = new Reloader(
                source,
                listeners,
                alive -> http.retain(alive.stream().map(Generation::upstreams).toList()),
                this::prices,
                this::build,
                this::takeOver,
                new ConfigMetrics(registry),
                Runnable::run);
        reloader.start(source.load().config());
        return reloader;
    }

    private static HttpClient client(Generation generation) {
        return generation.upstreams().group(name(generation.config())).client();
    }

    private String scraped() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private void assertLoads(int successes, int failures, int version) {
        assertThat(scraped())
                .contains("llmproxy_config_reloads_total{result=\"success\"} " + successes + ".0")
                .contains("llmproxy_config_reloads_total{result=\"failure\"} " + failures + ".0")
                .contains("llmproxy_config_version " + version + ".0");
    }

    @Test
    void aStartServesTheFirstConfiguration() {
        write("one", 1);

        Reloader reloader = reloader();

        assertThat(steps).containsExactly("open one", "build one", "take over one", "settle one");
        assertThat(reloader.get()).isSameAs(reloader.generation().serving());
        assertThat(reloader.generation().version()).isEqualTo(1);
        assertLoads(1, 0, 1);
    }

    @Test
    void aReloadTakesOverAndStopsWhatOnlyTheConfigurationBeforeUsed() {
        write("one", 1);
        Reloader reloader = reloader();
        Generation before = reloader.generation();
        steps.clear();
        write("two", 2);

        Outcome outcome = reloader.reload();

        assertThat(outcome).isEqualTo(new Outcome(true, 2, List.of()));
        assertThat(steps).containsExactly("open two", "build two", "take over two", "settle two");
        assertThat(before.serving().isLeft()).isTrue();
        assertThat(client(before).isStopped()).isTrue();
        assertThat(client(reloader.generation()).isStarted()).isTrue();
        assertLoads(2, 0, 2);
    }

    @Test
    void aClientThatTheNextConfigurationUsesTooGoesOn() {
        write("one", 1);
        Reloader reloader = reloader();
        HttpClient client = client(reloader.generation());
        write("two", 1);

        assertThat(reloader.reload().loaded()).isTrue();

        assertThat(client(reloader.generation())).isSameAs(client);
        assertThat(client.isStarted()).isTrue();
    }

    @Test
    void aConfigurationWithAProblemChangesNothing() {
        write("one", 1);
        Reloader reloader = reloader();
        Generation before = reloader.generation();
        steps.clear();
        write("upstreams: [{name: u, url: nonsense}]");

        Outcome outcome = reloader.reload();

        assertThat(outcome.loaded()).isFalse();
        assertThat(outcome.version()).isEqualTo(1);
        assertThat(outcome.problems()).isNotEmpty();
        assertThat(steps).isEmpty();
        assertThat(reloader.generation()).isSameAs(before);
        assertLoads(1, 1, 1);
    }

    @Test
    void aPortThatIsTakenChangesNothingAndIsTold() {
        write("one", 1);
        Reloader reloader = reloader();
        Generation before = reloader.generation();
        steps.clear();
        write("two", 2);
        portTaken = true;

        Outcome outcome = reloader.reload();

        assertThat(outcome.loaded()).isFalse();
        assertThat(outcome.problems().toString()).contains("port 3000 is taken");
        assertThat(steps).containsExactly("open two", "settle one");
        assertThat(reloader.generation()).isSameAs(before);
        assertThat(before.serving().isLeft()).isFalse();
        assertThat(client(before).isStarted()).isTrue();
        assertLoads(1, 1, 1);
    }

    @Test
    void aBuildThatFailsClosesItsPortsAndStopsItsClients() {
        write("one", 1);
        Reloader reloader = reloader();
        Generation before = reloader.generation();
        steps.clear();
        write("two", 2);
        buildFails = true;

        assertThat(reloader.reload().loaded()).isFalse();

        assertThat(steps).containsExactly("open two", "build two", "settle one");
        assertThat(made).hasSize(2);
        assertThat(made.get(1).isStopped()).isTrue();
        assertThat(client(before).isStarted()).isTrue();
    }

    @Test
    void thePortsThatAreToldAreThoseThatAreServed() {
        write("one", 1);
        Reloader reloader = reloader();
        write("""
                http_server: {forwards: [{name: f, port: 3001, upstream_group: two}]}
                upstreams: [{name: u, url: 'http://u'}]
                upstream_groups: [{name: two, upstreams: [{name: u}]}]
                """);
        buildFails = true;

        assertThat(reloader.reload().loaded()).isFalse();
        assertThat(reloader.generation().listening().port("f")).isEqualTo(3000);

        buildFails = false;
        assertThat(reloader.reload().loaded()).isTrue();
        assertThat(reloader.generation().listening().port("f")).isEqualTo(3001);
    }

    @Test
    void aReloadAfterOneThatFailedIsNumberedAsIfThatHadNotBeen() {
        write("one", 1);
        Reloader reloader = reloader();
        write("two", 2);
        buildFails = true;
        assertThat(reloader.reload().loaded()).isFalse();
        buildFails = false;

        assertThat(reloader.reload()).isEqualTo(new Outcome(true, 2, List.of()));
        assertLoads(2, 1, 2);
    }

    @Test
    void aStartThatFailsIsToldToTheCaller() {
        write("one", 1);
        portTaken = true;

        assertThatThrownBy(this::reloader).hasMessage("cannot be opened");

        assertThat(steps).containsExactly("open one");
    }

    @Test
    void aChangeThatCannotBeServedIsNone() {
        write("one", 1);
        Reloader reloader = reloader();
        buildFails = true;
        Overrides.Weight weight = new Overrides.Weight("one", "u", 7);

        assertThatThrownBy(() -> reloader.override(overrides -> overrides.add(weight, Instant.EPOCH, false)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no forward can be made");

        assertThat(reloader.overrides().count()).isZero();
        buildFails = false;
        reloader.override(overrides -> overrides.add(weight, Instant.EPOCH, false));
        assertThat(reloader.overrides().count()).isEqualTo(1);
        assertThat(reloader.generation().version()).isEqualTo(2);
    }

    @Test
    void aChangeOfOperatorsReadsNoPricesAnew() {
        write("one", 1);
        Reloader reloader = reloader();
        pricesFail = true;

        reloader.override(overrides -> overrides.add(new Overrides.Weight("one", "u", 7), Instant.EPOCH, false));

        assertThat(reloader.generation().version()).isEqualTo(2);
        assertThat(reloader.reload().loaded()).isFalse();
    }

    @Test
    void untilAChangeIsServedNobodySeesIt() {
        write("one", 1);
        Reloader reloader = reloader();
        Overrides.Weight weight = new Overrides.Weight("one", "u", 7);

        reloader.override(overrides -> {
            overrides.add(weight, Instant.EPOCH, false);
            assertThat(reloader.overrides().count()).isZero();
        });

        assertThat(reloader.overrides().has(weight)).isTrue();
        assertThat(reloader.generation().upstreams().group("one").shares(0))
                .extracting(UpstreamGroup.Share::weight)
                .containsExactly(7);
    }

    @Test
    void aChangeThatIsServedHoldsWhateverFailsAfterThat() {
        write("one", 1);
        Reloader reloader = reloader();
        Generation before = reloader.generation();
        steps.clear();
        takeOverFails = true;
        Overrides.Weight weight = new Overrides.Weight("one", "u", 7);

        reloader.override(overrides -> overrides.add(weight, Instant.EPOCH, false));

        assertThat(reloader.generation().version()).isEqualTo(2);
        assertThat(reloader.overrides().has(weight)).isTrue();
        assertThat(steps).containsExactly("open one", "build one", "take over one", "settle one");
        assertThat(before.serving().isLeft()).isTrue();
        assertLoads(2, 0, 2);
    }

    @Test
    void aConfigurationThatIsServedIsLoadedWhateverFailsAfterThat() {
        write("one", 1);
        Reloader reloader = reloader();
        takeOverFails = true;
        write("two", 1);

        assertThat(reloader.reload()).isEqualTo(new Outcome(true, 2, List.of()));

        // What operators change is changed in this one.
        reloader.override(overrides -> overrides.add(new Overrides.Weight("two", "u", 7), Instant.EPOCH, false));
        assertThat(name(reloader.generation().config())).isEqualTo("two");
    }

    @Test
    void aChangeWithoutAnEffectMakesNoGeneration() {
        write("one", 1);
        Reloader reloader = reloader();
        Overrides.Weight weight = new Overrides.Weight("one", "u", 7);
        reloader.override(overrides -> overrides.add(weight, Instant.EPOCH, false));

        reloader.override(overrides -> overrides.tell(weight));

        assertThat(reloader.generation().version()).isEqualTo(2);
    }
}
