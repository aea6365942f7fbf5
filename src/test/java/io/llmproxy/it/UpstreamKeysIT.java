package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RequestLoad;
import io.llmproxy.testing.UpstreamRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;

/** Several keys of one upstream, as the upstream and clients see them. */
class UpstreamKeysIT {
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final String CHAT = "/v1/chat/completions";
    private static final String SPENT = """
            {"object":"chat.completion","usage":{"prompt_tokens":60,"completion_tokens":40,"total_tokens":100}}""";

    private static final Map<Kind, Site> SITES = new EnumMap<>(Kind.class);

    /** An upstream that answers each key in its own way. What it says of a key repeats none. */
    private static final class Door {
        final FakeUpstream server = FakeUpstream.start();
        volatile Set<String> refused = Set.of();
        volatile Set<String> exhausted = Set.of();
        volatile int status = 401;

        Door() {
            server.otherwise(new Behaviour("looks at the key", conversation -> {
                String key = key(conversation.request());
                Behaviour answer = Behaviour.json("{\"fine\":true}");
                if (refused.contains(key)) {
                    answer = Behaviour.status(status, "", "{\"error\":{\"message\":\"as the upstream says\"}}");
                } else if (exhausted.contains(key)) {
                    answer = Behaviour.status(429, "Retry-After: 2\r\n", "{\"error\":{\"message\":\"slower\"}}");
                }
                answer.script().play(conversation);
            }));
        }

        static String key(UpstreamRequest request) {
            return request.head().value("Authorization").orElse("").replace("Bearer ", "");
        }

        List<String> keys() {
            return server.requests().stream().map(Door::key).toList();
        }
    }

    private static final class Site {
        final Door weighted = new Door();
        final Door refusing = new Door();
        final Door forbidding = new Door();
        final Door mended = new Door();
        final Door busy = new Door();
        final Door full = new Door();
        final Door other = new Door();
        final Door kept = new Door();
        final Door even = new Door();
        final Door odd = new Door();
        final Door paced = new Door();
        final FakeUpstream spending = FakeUpstream.start().otherwise(Behaviour.json(SPENT));
        final FakeUpstream telling = FakeUpstream.start()
                .otherwise(Behaviour.status(
                        200,
                        "X-RateLimit-Limit-Requests: 6\r\nX-RateLimit-Remaining-Requests: 0\r\n",
                        "{\"fine\":true}"));
        final Deployment deployment;

        Site(Kind kind) {
            other.server.otherwise(Behaviour.json("{\"other\":true}"));
            deployment = Deployment.start(kind, gateway("kept-a", "kept-b"), "-Xmx128m");
        }

        Gateway gateway(String... ofKept) {
            return new Gateway()
                    .single(
                            "weighted",
                            weighted.server.url(),
                            keys("{key: key-w2, weight: 0.5}", "{key: key-w1, weight: 0.25}"),
                            "",
                            "")
                    .single(
                            "refusing",
                            refusing.server.url(),
                            keys("{key: key-a}", "{key: key-b}", "{key: key-c}"),
                            "",
                            "")
                    .single("forbidding", forbidding.server.url(), keys("{key: key-a}", "{key: key-b}"), "", "")
                    .single("mended", mended.server.url(), "auth: {type: bearer, token: key-alone}", "", "")
                    .single("busy", busy.server.url(), keys("{key: key-a}", "{key: key-b}"), "", "")
                    .single("full", full.server.url(), keys("{key: key-a}", "{key: key-b}"), "", "")
                    .upstream("other", other.server.url(), "")
                    .group("full-or-other", "{name: full}, {name: other}", "balance: {strategy: failover}")
                    .forward("full-or-other", "full-or-other", "")
                    .single(
                            "kept",
                            kept.server.url(),
                            keys("{key: " + ofKept[0] + "}", "{key: " + ofKept[1] + "}"),
                            "",
                            "")
                    .upstream("even", even.server.url(), keys("{key: even-0}", "{key: even-1}"))
                    .upstream("odd", odd.server.url(), keys("{key: odd-0}", "{key: odd-1}"))
                    .single(
                            "paced",
                            paced.server.url(),
                            "auth: {type: bearer, rpm: 3, keys: [{key: key-a, rpm: 2}, {key: key-b}]}",
                            "",
                            "")
                    .upstream("spending", spending.url(), "auth: {type: bearer, token: key-alone, tpm: 150}")
                    .upstream("telling", telling.url(), "auth: {type: bearer, token: key-alone}")
                    .single("passing", telling.url(), "", "", "")
                    .group("spending-or-other", "{name: spending}, {name: other}", "balance: {strategy: failover}")
                    .forward("spending-or-other", "spending-or-other", "")
                    .group("telling-or-other", "{name: telling}, {name: other}", "balance: {strategy: failover}")
                    .forward("telling-or-other", "telling-or-other", "")
                    .group("mixed", "{name: even}, {name: odd}", "")
                    .forward("mixed", "mixed", "");
        }

        private static String keys(String... keys) {
            return "auth: {type: bearer, keys: [" + String.join(", ", keys) + "]}";
        }

        Answer ask(String forward) {
            return RawClient.exchange(deployment.forward(forward, CHAT), "POST", "", QUESTION);
        }

        List<Integer> ask(String forward, int times) {
            return IntStream.range(0, times)
                    .mapToObj(i -> ask(forward).status())
                    .toList();
        }
    }

    private static Site site(Kind kind) {
        return SITES.computeIfAbsent(kind, Site::new);
    }

    @AfterAll
    static void tellNoSecret() {
        try {
            SITES.values().forEach(site -> {
                assertThat(site.deployment.log()).doesNotContain("key-a").doesNotContain("key-alone");
                assertThat(site.deployment.metrics().samples().keySet())
                        .noneMatch(name -> name.contains("key-a") || name.contains("even-0"));
            });
        } finally {
            SITES.values().forEach(site -> site.deployment.close());
            SITES.clear();
        }
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void keysGetTheirShare(Kind kind) {
        Site site = site(kind);

        site.ask("weighted", 30);

        Map<String, Long> shares =
                site.weighted.keys().stream().collect(Collectors.groupingBy(key -> key, Collectors.counting()));
        assertThat(shares.get("key-w2")).isBetween(19L, 21L);
        assertThat(shares.get("key-w1")).isBetween(9L, 11L);
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void noClientSeesThatAKeyIsRefused(Kind kind) {
        Site site = site(kind);
        site.refusing.refused = Set.of("key-b");

        assertThat(site.ask("refusing", 20)).containsOnly(200);

        assertThat(site.refusing.keys()).hasSize(21).containsOnlyOnce("key-b");
        assertThat(site.deployment
                        .metricsAtRest()
                        .sum(
                                "llmproxy_upstream_key_failures_total",
                                "upstream=\"refusing\"",
                                "key=\"1\"",
                                "reason=\"unauthorized\""))
                .isEqualTo(1);
        assertThat(site.deployment.log())
                .containsOnlyOnce(
                        "upstream refusing rejected auth.keys[1] (unauthorized); the key is not used for now");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void whenAllAreRefusedTheClientIsNotToldThatItsOwnIs(Kind kind) {
        Site site = site(kind);
        site.forbidding.status = 403;
        site.forbidding.refused = Set.of("key-a", "key-b");

        List<Answer> answers =
                IntStream.range(0, 5).mapToObj(i -> site.ask("forbidding")).toList();

        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("upstream_auth_error");
            assertThat(answer.toString()).doesNotContain("key-").doesNotContain("as the upstream says");
        });
        assertThat(site.forbidding.keys()).hasSizeBetween(5, 6).contains("key-a", "key-b");

        site.forbidding.refused = Set.of("key-a");
        assertThat(site.ask("forbidding", 4)).contains(200).endsWith(200, 200);
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void aSingleKeyIsTriedAgainAndWorksAsSoonAsItIsMended(Kind kind) {
        Site site = site(kind);
        site.mended.refused = Set.of("key-alone");
        assertThat(site.ask("mended", 3)).containsOnly(502);
        assertThat(site.mended.keys()).hasSize(3);

        site.mended.refused = Set.of();

        assertThat(site.ask("mended", 2)).containsOnly(200);
        // The log is written by a thread of its own.
        Awaitility.await().until(() -> site.deployment.log().contains("upstream mended accepts auth again"));
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void aKeyThatIsAskedTooMuchCoolsDownAndComesBack(Kind kind) {
        Site site = site(kind);
        site.busy.exhausted = Set.of("key-a");

        assertThat(site.ask("busy", 10)).containsOnly(200);
        assertThat(site.busy.keys()).containsOnlyOnce("key-a");

        site.busy.exhausted = Set.of();
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> {
            assertThat(site.ask("busy").status()).isEqualTo(200);
            return site.busy.keys().stream().filter("key-a"::equals).count() > 1;
        });
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void whenAllKeysCoolDownAnotherUpstreamServesOrTheClientIsToldForHowLong(Kind kind) {
        Site site = site(kind);
        site.full.exhausted = Set.of("key-a", "key-b");

        assertThat(site.ask("full-or-other").text()).isEqualTo("{\"other\":true}");
        assertThat(site.full.keys()).containsExactlyInAnyOrder("key-a", "key-b");

        Answer answer = site.ask("full");
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("upstream_rate_limited");
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, 2);
        assertThat(site.full.keys()).hasSize(2);
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void connectionHostAndKeyBelongTogether(Kind kind) {
        Site site = site(kind);
        RequestLoad.Outcome outcome = RequestLoad.run(site.deployment.forward("mixed", "/v1/models"), 200, 2000);

        assertThat(outcome.failed()).as(outcome.toString()).isZero();
        assertTogether(site.even, "even-");
        assertTogether(site.odd, "odd-");
    }

    private static void assertTogether(Door door, String prefix) {
        assertThat(door.server.requests()).hasSizeGreaterThan(500).allSatisfy(request -> {
            assertThat(Door.key(request)).startsWith(prefix);
            assertThat(request.head().values("Host")).containsExactly("127.0.0.1:" + door.server.port());
        });
    }

    @ParameterizedTest
    @KindSource(Kind.LAUNCHER)
    void aKeyThatStaysKeepsItsStandingOverAReload(Kind kind) {
        Site site = site(kind);
        site.kept.refused = Set.of("kept-a");
        assertThat(site.ask("kept", 4)).containsOnly(200);
        assertThat(site.kept.keys()).containsOnlyOnce("kept-a");

        double version = site.deployment.metrics().sum("llmproxy_config_version");
        site.deployment.reconfigure(site.gateway("kept-c", "kept-a"));
        site.deployment.process().signal("HUP");
        Awaitility.await().until(() -> site.deployment.metrics().sum("llmproxy_config_version") > version);

        assertThat(site.ask("kept", 4)).containsOnly(200);
        assertThat(site.kept.keys()).containsOnlyOnce("kept-a").contains("kept-c");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void eachKeyMakesAsManyRequestsAsItsProviderTakes(Kind kind) {
        Site site = site(kind);

        List<Answer> answers =
                IntStream.range(0, 6).mapToObj(i -> site.ask("paced")).toList();

        assertThat(answers.subList(0, 5)).extracting(Answer::status).containsOnly(200);
        assertThat(answers.get(5).status()).isEqualTo(429);
        assertThat(Integer.parseInt(answers.get(5).header("Retry-After"))).isBetween(1, 20);
        assertThat(site.paced.keys()).hasSize(5).filteredOn("key-a"::equals).hasSize(2);
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void tokensThatWereUsedSendRequestsElsewhere(Kind kind) {
        Site site = site(kind);

        // An answer may be there a moment before it is settled.
        Awaitility.await().until(() -> site.ask("spending-or-other").text().contains("other"));

        assertThat(site.spending.requests()).hasSizeBetween(1, 2);
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void anUpstreamThatSaysThatNothingIsLeftIsSpared(Kind kind) {
        Site site = site(kind);

        assertThat(site.ask("telling-or-other").text()).contains("fine");
        assertThat(site.ask("telling-or-other").text()).contains("other");

        assertThat(site.telling.requests())
                .filteredOn(request -> Door.key(request).equals("key-alone"))
                .hasSize(1);
    }

    /** Else one client that has used up its account would keep all others out. */
    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void whatIsLeftOfAClientsOwnKeyConcernsNoOtherClient(Kind kind) {
        assertThat(site(kind).ask("passing", 3)).containsOnly(200);
    }
}
