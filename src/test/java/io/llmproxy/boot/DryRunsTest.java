package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.admin.api.Decider.Candidate;
import io.llmproxy.admin.api.Decider.Decision;
import io.llmproxy.admin.api.Decider.Question;
import io.llmproxy.auth.ConfiguredKeys;
import io.llmproxy.auth.KeySource;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.proxy.admission.KeyLimits;
import io.llmproxy.proxy.exchange.ExchangeListeners;
import io.llmproxy.proxy.exchange.Metering;
import io.llmproxy.proxy.exchange.Mounts;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Quotas;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.UpstreamListener;
import io.llmproxy.upstream.Upstreams;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DryRunsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String CONFIG = """
            http_server:
              forwards:
                - name: open
                  upstream_group: chats
                  routing:
                    - {path: /v1/embeddings, target_group: vectors}
                    - {path: /v1/responses, host: "eu.example.com", target_group: vectors}
                    - {path: /v1/models, header: {key: X-Team, value: blue}, target_group: vectors}
                - {name: routed, port: 3001, routing: [{path: /v1/embeddings, target_group: vectors}]}
                - name: guarded
                  port: 3002
                  upstream_group: chats
                  model_prefix: ours
                  keys:
                    - {name: all, key: sk-all-0123456789}
                    - {name: few, key: sk-few-0123456789, allowed_models: ["gpt-*"]}
                    - {name: old, key: sk-old-0123456789, expires: "2020-01-01T00:00:00Z"}
                    - {name: off, key: sk-off-0123456789, enabled: false}
                    - {name: team, key: sk-team-0123456789, scope: gpts}
                    - {name: shut, key: sk-shut-0123456789, scope: shut}
            scopes: [{name: gpts, models: ["gpt-*"]}, {name: shut, enabled: false}]
            upstreams:
              - {name: openai, url: "http://u", models: {gpt-4o: gpt-4o-2024-08-06, o3: o3}}
              - {name: claude, url: "http://v", provider: anthropic, models: [gpt-4o, opus]}
              - {name: any, url: "http://w"}
            upstream_groups:
              - {name: chats, upstreams: [{name: openai, weight: 3}, {name: claude}]}
              - {name: vectors, upstreams: [{name: any}]}
            """;

    private final UpstreamHttp http =
            new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));
    private final DryRuns runs;

    DryRunsTest() {
        ProxyConfig config =
                ConfigLoader.parse(CONFIG, "config.yaml", Path.of(""), Map.of()).config();
        http.start();
        Upstreams upstreams = Upstreams.NONE.next(config, http, new UpstreamListener() {});
        ConfiguredKeys keys = ConfiguredKeys.of(config, KeySource.NONE);
        KeyLimits limits = KeyLimits.of(
                keys.all(), Quotas.of(config.scopes(), List.of(), () -> new Moment(0, 0), null, null), null);
        Serving serving = new Serving(
                new Mounts(List.of(), name -> 0, 0, true),
                new ExchangeListeners(List.of()),
                Metering.start(),
                () -> {});
        Generation generation = new Generation(
                1,
                config,
                upstreams,
                limits,
                Generation.forwards(config, upstreams, keys, limits, null),
                serving,
                Listening.asConfigured(config));
        this.runs = new DryRuns(() -> generation);
    }

    @AfterEach
    void stop() {
        http.stop();
    }

    private Decision decide(String forward, String path, @Nullable String model, @Nullable String key) {
        return Objects.requireNonNull(
                runs.decide(new Question(forward, path, "POST", null, Map.of(), model, key)), forward);
    }

    @Test
    void anUpstreamThatNeedsNoConversionAndOneThatDoesAreTold() {
        Decision decision = decide("open", CHAT, "gpt-4o", null);

        assertThat(decision.rule()).isEqualTo("default");
        assertThat(decision.group()).isEqualTo("chats");
        assertThat(decision.code()).isNull();
        assertThat(decision.candidates())
                .containsExactly(
                        new Candidate("openai", null, 0, 3, "gpt-4o-2024-08-06", false),
                        new Candidate("claude", null, 0, 1, "gpt-4o", true));
    }

    @Test
    void aModelThatOneServesExcludesTheOther() {
        Decision decision = decide("open", CHAT, "opus", null);

        assertThat(decision.code()).isNull();
        assertThat(decision.candidates()).extracting(Candidate::excluded).containsExactly("model_not_served", null);
    }

    @ParameterizedTest
    @CsvSource({
        "open, /v1/chat/completions, nothing,, 404, model_not_found",
        "routed, /v1/chat/completions, gpt-4o,, 404, no_route",
        "guarded, /v1/chat/completions, gpt-4o,, 401, invalid_api_key",
        "guarded, /v1/chat/completions, gpt-4o, old, 401, invalid_api_key",
        "guarded, /v1/chat/completions, gpt-4o, off, 401, invalid_api_key",
        "guarded, /v1/chat/completions, opus, few, 403, model_not_allowed",
        "guarded, /v1/chat/completions,, few, 403, model_not_allowed",
        "guarded, /v1/chat/completions, gpt-4o, shut, 401, invalid_api_key",
        "guarded, /v1/chat/completions, opus, team, 403, model_not_allowed",
        "guarded, /v1/chat/completions,, team, 403, model_not_allowed",
    })
    void aRequestThatWouldBeRefusedIsToldWhy(
            String forward, String path, @Nullable String model, @Nullable String key, int status, String code) {
        Decision decision = decide(forward, path, model, key);

        assertThat(decision.code()).isEqualTo(code);
        assertThat(decision.status()).isEqualTo(status);
        assertThat(decision.message()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({"gpt-4o, all", "ours/gpt-4o, all", "gpt-4o, few", "ours/gpt-4o, few", "ours/gpt-4o, team"})
    void thePrefixOfTheForwardIsTakenOff(String model, String key) {
        Decision decision = decide("guarded", CHAT, model, key);

        assertThat(decision.code()).isNull();
        assertThat(decision.candidates().get(0).model()).isEqualTo("gpt-4o-2024-08-06");
    }

    @Test
    void rulesAreAskedForHostAndHeaders() {
        assertThat(decide("open", "/v1/embeddings", "x", null).rule()).isEqualTo("path=/v1/embeddings");
        assertThat(decide("open", "/v1/embeddings", "x", null).candidates())
                .extracting(Candidate::model)
                .containsExactly("x");
        assertThat(decide("open", "/v1/responses", "gpt-4o", null).group()).isEqualTo("chats");
        Question europe = new Question("open", "/v1/responses", "POST", "eu.example.com", Map.of(), "gpt-4o", null);
        assertThat(runs.decide(europe)).extracting(Decision::group).isEqualTo("vectors");
        Question blue = new Question("open", "/v1/models", "GET", null, Map.of("x-team", "blue"), null, null);
        assertThat(runs.decide(blue)).extracting(Decision::group).isEqualTo("vectors");
    }

    @Test
    void aKeyOrForwardThatIsNotKnownIsTold() {
        assertThat(decide("guarded", CHAT, "gpt-4o", "stranger").keyKnown()).isFalse();
        assertThat(runs.decide(new Question("nosuch", CHAT, "POST", null, Map.of(), null, null)))
                .isNull();
    }
}
