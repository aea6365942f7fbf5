package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;

class PathsIT {
    private static final String GET = "GET %s HTTP/1.1\r\nHost: client.test\r\n\r\n";

    private final World world = World.fresh();

    private String joined(Deployment.Kind kind, String forward, String target) {
        world.upstream.reset();
        world.upstream.otherwise(Behaviour.json("{}"));
        Answer answer = RawClient.exchange(world.deployment(kind).forward(forward), GET.formatted(target));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return world.upstream.requests().get(0).head().target();
    }

    @ParameterizedTest
    @KindSource
    void aPathThatRepeatsTheBaseIsNotDoubled(Deployment.Kind kind) {
        Map<String, String> v1 = Map.of(
                "/v1/chat/completions", "/v1/chat/completions",
                "/chat/completions", "/v1/chat/completions",
                "/v1", "/v1",
                "/v1beta/models", "/v1/v1beta/models",
                "/v1/chat/completions?a=b", "/v1/chat/completions?a=b");
        v1.forEach((asked, expected) -> {
            assertThat(joined(kind, "join-v1", asked)).as(asked).isEqualTo(expected);
            assertThat(joined(kind, "join-slash", asked))
                    .as(asked + " with a slash at the end of the base")
                    .isEqualTo(expected);
        });
        assertThat(joined(kind, "join-deep", "/v1/models")).isEqualTo("/proxy/v1/models");
        assertThat(joined(kind, "join-deep", "/proxy/v1/models")).isEqualTo("/proxy/v1/models");
        assertThat(joined(kind, "join-deep", "/models")).isEqualTo("/proxy/v1/models");
        assertThat(joined(kind, "join-whole", "/v1/chat/completions")).isEqualTo("/v1/chat/completions");
    }

    @ParameterizedTest
    @KindSource
    void anExactUrlIsSentAsItStands(Deployment.Kind kind) {
        assertThat(joined(kind, "exact", "/v1/chat/completions?of=theirs")).isEqualTo("/fixed/place?of=ours");
    }

    @ParameterizedTest
    @KindSource
    void pathsAndQueriesPassByteForByte(Deployment.Kind kind) {
        for (String target : List.of(
                "/v1beta/models/gemini-2.5-pro:generateContent",
                "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
                "/v1/a%20b/%E4%BD%A0%E5%A5%BD",
                "/v1/a+b~c!$&'()*,=@:",
                "/v1/x?q=%2F%2e%2E%00&empty=&flag&a=1&a=2&plus=a+b&slash=/../",
                "/v1/x?",
                "/v1/%7Euser?%7E=%c3%a9",
                "/")) {
            assertThat(joined(kind, "plain", target)).isEqualTo(target);
        }
    }

    @ParameterizedTest
    @KindSource
    void pathsThatMightClimbAreRefused(Deployment.Kind kind) {
        for (String target : List.of(
                "/v1/../internal",
                "/v1/./internal",
                "/v1/..",
                "/v1/%2e%2e/internal",
                "/v1/%2E%2e/internal",
                "/v1/.%2e/internal",
                "/v1/%2e/internal",
                "/v1/..;/internal",
                "/v1/..;a=b/internal",
                "/v1/%2e%2e;/internal",
                "/v1/.;/internal",
                "/v1/a%2fb",
                "/v1/a%2Fb",
                "/v1/a%5cb",
                "/v1/a\\b",
                "/v1/a%00b",
                "/v1/a%0d%0aX-Evil:1",
                "/v1/a%7fb",
                "/v1/a%zz")) {
            Answer answer = RawClient.exchange(world.deployment(kind).forward("plain"), GET.formatted(target));
            assertThat(answer.status()).as(target).isEqualTo(400);
            assertThat(answer.text()).as(target).doesNotContain("Exception").doesNotContain("Apache Tomcat/");
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aQueryThatIsNoneIsTheClientsMistakeAndBlamesNoUpstream(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("guarded");
        for (int round = 0; round < 5; round++) {
            for (String query : List.of("q=100%", "q=%zz", "q=%4", "a=1&%", "%u0041", "%%41", "a=%2&b=1")) {
                Answer answer = RawClient.exchange(forward, GET.formatted("/v1/models?" + query));
                assertThat(answer.status()).as(query).isEqualTo(400);
                assertThat(answer.text()).as(query).doesNotContain("upstream");
            }
        }
        assertThat(world.upstream.requests()).isEmpty();
        assertThat(status(forward, "/v1/models")).isEqualTo(200);
    }

    /** Not all of them are URIs. Tomcat refuses some of those itself. */
    @ParameterizedTest
    @KindSource
    void anOddQueryPassesAsItIsOrIsRefused(Deployment.Kind kind) {
        for (String query : List.of(
                "q=[1]&a?b",
                "=&==&&",
                "q={}/../../../../..",
                "q=a|b",
                "q=\\",
                "q=^`\"<>",
                "q={a}&%00=%0a&%ff",
                "[",
                "http://client.test/?x")) {
            world.upstream.reset();
            world.upstream.otherwise(Behaviour.json("{}"));
            int status = status(world.deployment(kind).forward("guarded"), "/v1/x?" + query);
            if (status == 200) {
                assertThat(world.upstream.requests().get(0).head().target()).isEqualTo("/v1/x?" + query);
            } else {
                assertThat(status).as(query).isEqualTo(400);
                assertThat(kind).as(query).isEqualTo(Deployment.Kind.TOMCAT);
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void theClientNeverChoosesTheUpstream(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        try (FakeUpstream stranger = FakeUpstream.start()) {
            URI forward = world.deployment(kind).forward("plain");
            String absolute = "GET " + stranger.url() + "/v1/models HTTP/1.1\r\nHost: 127.0.0.1:" + stranger.port()
                    + "\r\nX-Base-Url: " + stranger.url() + "\r\n\r\n";
            Answer answer = RawClient.exchange(forward, absolute);
            assertThat(answer.status()).isIn(200, 400);
            RawClient.exchange(forward, "GET //127.0.0.1:" + stranger.port() + "/x HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(stranger.connections()).isZero();
        }
    }

    @ParameterizedTest
    @KindSource
    void aTargetWithSchemeAndHostIsWorthItsPath(Deployment.Kind kind) {
        Map<String, String> sent = Map.of(
                "http://client.test/v1/x?a=b", "/v1/x?a=b",
                "https://client.test/v1/x", "/v1/x",
                "http://client.test/", "/",
                "http://client.test", "/");
        sent.forEach((target, expected) ->
                assertThat(joined(kind, "plain", target)).as(target).isEqualTo(expected));
    }

    @ParameterizedTest
    @KindSource
    void whatIsNoPathIsRefused(Deployment.Kind kind) {
        for (String target : List.of(
                "http://client.test:8080/v1/x",
                "client.test:80",
                "client.test",
                "v1/x",
                "?a=b",
                "*",
                "/v1/x#y",
                "/v1/x?a=b#y",
                "/#/v1/x")) {
            assertThat(status(world.deployment(kind).forward("plain"), target))
                    .as(target)
                    .isEqualTo(400);
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void routingRulesChooseTheGroup(Deployment.Kind kind) {
        Map<String, FakeUpstream> expected = Map.of(
                "/v1/chat/completions", world.first,
                "/v1/chat/deep/er", world.first,
                "/v1/models/any", world.second,
                "/v1/models/special", world.first,
                "/files/42", world.second,
                "/files/4x", world.upstream,
                "/v1/models", world.upstream);
        expected.forEach((path, target) -> {
            World.fresh();
            world.upstream.otherwise(Behaviour.json("{}"));
            RawClient.exchange(world.deployment(kind).forward("routed"), GET.formatted(path));
            assertThat(target.requests(path)).as(path).hasSize(1);
        });
    }

    @ParameterizedTest
    @KindSource(Deployment.Kind.LAUNCHER)
    void theAdminPortOfTheLauncherServesNoForward(Deployment.Kind kind) {
        URI admin = world.deployment(kind).admin();

        assertThat(RawClient.exchange(admin, GET.formatted("/plain/v1/x")).status())
                .isEqualTo(404);
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Deployment.Kind.TOMCAT, Deployment.Kind.JETTY})
    void aContainerServesEachForwardUnderItsName(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        Gateway gateway = new Gateway()
                .single("one", world.upstream.url() + "/one", "", "", "")
                .single("two", world.upstream.url() + "/two", "", "", "");
        try (Deployment deployment = Deployment.start(kind, gateway, "/gw", List.of("-Xmx128m"))) {
            assertThat(status(deployment.admin(), "/gw/one/v1/x%20y?a=%20")).isEqualTo(200);
            assertThat(status(deployment.admin(), "/gw/two/v1/x")).isEqualTo(200);
            assertThat(status(deployment.forward("two"), "/gw/v1/x")).isEqualTo(200);
            assertThat(status(deployment.admin(), "/gw/three/v1/x")).isEqualTo(404);
            assertThat(status(deployment.admin(), "/gw/metrics")).isEqualTo(200);
        }
        assertThat(world.upstream.requests())
                .extracting(request -> request.head().target())
                .containsExactly("/one/v1/x%20y?a=%20", "/two/v1/x", "/two/v1/x");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Deployment.Kind.TOMCAT, Deployment.Kind.JETTY})
    void aSingleForwardIsAlsoServedAtTheRootOfItsContext(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        Gateway gateway = new Gateway().single("only", world.upstream.url(), "", "", "");
        try (Deployment deployment = Deployment.start(kind, gateway, "/gw", List.of("-Xmx128m"))) {
            for (URI base : List.of(deployment.admin(), deployment.forward("only"))) {
                assertThat(status(base, "/gw/v1/x?a=b")).isEqualTo(200);
            }
            assertThat(status(deployment.admin(), "/gw/only/v1/y")).isEqualTo(200);
            assertThat(status(deployment.admin(), "/gw/health")).isEqualTo(200);
        }
        assertThat(world.upstream.requests())
                .extracting(request -> request.head().target())
                .containsExactly("/v1/x?a=b", "/v1/x?a=b", "/v1/y");
    }

    private static int status(URI base, String target) {
        return RawClient.exchange(base, GET.formatted(target)).status();
    }
}
