package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.H2Client;
import io.llmproxy.testing.H2Stream;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RemoteAllocation;
import java.net.URI;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules that look at more than the path; those are in {@link PathsIT}. */
class RoutingIT {
    private static final int REQUESTS = 100;

    /** All threads but those that read the figures. */
    private static final Pattern SERVING = Pattern.compile("(?!RMI|JMX).*");

    private final World world = World.fresh();

    /** How a request tells the host: in a header, or as HTTP/2's authority. */
    private enum Protocol {
        HTTP11 {
            @Override
            void ask(URI forward, String host, String target, String header) {
                String more = header.isEmpty() ? "" : header + "\r\n";
                Answer answer = RawClient.exchange(
                        forward, "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n");
                assertThat(answer.status()).as(host + target).isEqualTo(200);
            }
        },
        H2C {
            @Override
            void ask(URI forward, String host, String target, String header) {
                HttpFields.Mutable fields = HttpFields.build();
                if (!header.isEmpty()) {
                    int colon = header.indexOf(':');
                    fields.add(header.substring(0, colon), header.substring(colon + 2));
                }
                try (H2Client client = H2Client.connect(forward)) {
                    H2Stream stream = client.open(URI.create("http://" + host + target), "GET", fields, true);
                    assertThat(stream.head().getStatus()).as(host + target).isEqualTo(200);
                    stream.body();
                }
            }
        };

        abstract void ask(URI forward, String host, String target, String header);
    }

    private void goesTo(FakeUpstream expected, Deployment.Kind kind, String host, String target, String header) {
        goesTo(expected, kind, host, target, header, target);
    }

    private void goesTo(
            FakeUpstream expected, Deployment.Kind kind, String host, String target, String header, String sent) {
        for (Protocol protocol : Protocol.values()) {
            World.fresh();
            world.upstream.otherwise(Behaviour.json("{}"));
            protocol.ask(world.deployment(kind).forward("conditions"), host, target, header);
            assertThat(expected.requests())
                    .as("%s: %s%s %s", protocol, host, target, header)
                    .extracting(request -> request.head().target())
                    .containsExactly(sent);
        }
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void theHostDecidesWithAndWithoutPort(Deployment.Kind kind) {
        goesTo(world.first, kind, "one.test", "/v1/x", "");
        goesTo(world.first, kind, "ONE.Test", "/v1/x", "");
        goesTo(world.first, kind, "one.test:8080", "/v1/x", "");
        goesTo(world.second, kind, "one.test:8443", "/v1/x", "");
        goesTo(world.second, kind, "a.one.test", "/v1/x", "");
        goesTo(world.second, kind, "a.b.one.test:8080", "/v1/x", "");
        goesTo(world.upstream, kind, "xone.test", "/v1/x", "");
        goesTo(world.upstream, kind, "two.test", "/v2/x", "");
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void thePrefixOfAHostIsRemoved(Deployment.Kind kind) {
        goesTo(world.first, kind, "two.test", "/v1/completions", "", "/completions");
        goesTo(world.first, kind, "two.test", "/v1/completions?a=b&c=%20", "", "/completions?a=b&c=%20");
        goesTo(world.first, kind, "two.test:99", "/v1", "", "/");
        goesTo(world.first, kind, "two.test", "/v1?a=b", "", "/?a=b");
        goesTo(world.first, kind, "two.test", "/v1/", "", "/");
        goesTo(world.second, kind, "two.test", "/v1/deep/x", "", "/x");
        goesTo(world.second, kind, "two.test", "/v1/files", "", "/files");
        goesTo(world.upstream, kind, "two.test", "/v10/completions", "");
        goesTo(world.upstream, kind, "two.test", "/", "");
        goesTo(world.upstream, kind, "three.test", "/v1/completions", "");
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aHeaderDecides(Deployment.Kind kind) {
        goesTo(world.second, kind, "three.test", "/v1/team", "x-team: blue");
        goesTo(world.first, kind, "three.test", "/v1/team", "x-team: red");
        goesTo(world.upstream, kind, "three.test", "/v1/team", "x-team: Blue");
        goesTo(world.upstream, kind, "three.test", "/v1/team", "");
        goesTo(world.upstream, kind, "three.test", "/v1/other", "x-team: blue");
        goesTo(world.first, kind, "one.test", "/v1/team", "x-team: blue");
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void onlyTheHostItselfCounts(Deployment.Kind kind) {
        goesTo(world.upstream, kind, "three.test", "/v1/x", "x-forwarded-host: one.test");
        goesTo(world.upstream, kind, "three.test", "/v1/x", "forwarded: host=one.test");
        goesTo(world.upstream, kind, "three.test", "/v1/x", "x-host: one.test");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "LAUNCHER|GET /v1/x HTTP/1.0~~",
                "TOMCAT|GET /v1/x HTTP/1.0~~",
                "LAUNCHER|GET /v1/x HTTP/1.1~~",
                "TOMCAT|GET /v1/x HTTP/1.1~~",
                "LAUNCHER|GET /v1/x HTTP/1.1~Host:~~",
                "TOMCAT|GET /v1/x HTTP/1.1~Host:~~",
                "LAUNCHER|GET /v1/x HTTP/1.1~Host: one.test:99999~~",
                "TOMCAT|GET /v1/x HTTP/1.1~Host: one.test:99999~~",
                "LAUNCHER|GET /v1/x HTTP/1.1~Host: one.test/../x~~",
                "TOMCAT|GET /v1/x HTTP/1.1~Host: one.test/../x~~",
                "LAUNCHER|GET /v1/x HTTP/1.1~Host: a@one.test~~",
                "TOMCAT|GET /v1/x HTTP/1.1~Host: a@one.test~~",
                "LAUNCHER|GET /v1/x HTTP/1.1~Host: one.test~Host: three.test~~",
                "TOMCAT|GET /v1/x HTTP/1.1~Host: one.test~Host: three.test~~",
            })
    void whatIsNoHostIsRefusedOrServedAsAnyOther(Deployment.Kind kind, String request) {
        world.upstream.otherwise(Behaviour.json("{}"));

        Answer answer = RawClient.exchange(world.deployment(kind).forward("conditions"), request.replace("~", "\r\n"));

        assertThat(answer.status()).isIn(200, 400);
        assertThat(world.upstream.requests()).hasSize(answer.status() == 200 ? 1 : 0);
        assertThat(world.first.requests()).isEmpty();
        assertThat(world.second.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void aThousandRulesCostNoWork(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        Deployment deployment = world.deployment(kind);
        try (RemoteAllocation allocation = RemoteAllocation.of(deployment.process(), SERVING);
                RawClient plain = RawClient.connect(deployment.forward("plain"));
                RawClient thousand = RawClient.connect(deployment.forward("thousand"))) {
            long withNone = Long.MAX_VALUE;
            long withThousand = Long.MAX_VALUE;
            // The least counts: the first requests load classes.
            for (int round = 0; round < 5; round++) {
                withNone = Math.min(withNone, allocated(allocation, plain));
                withThousand = Math.min(withThousand, allocated(allocation, thousand));
            }

            // Had all rules to be tried, a quarter of them would take the path apart: forty times as much.
            assertThat(withThousand).isLessThan(withNone + 2048L * REQUESTS);
        }
    }

    private static long allocated(RemoteAllocation allocation, RawClient client) {
        Map<Long, Long> before = allocation.bytes();
        for (int i = 0; i < REQUESTS; i++) {
            assertThat(client.send("GET", "/v1/chat/y1/completions", "", new byte[0])
                            .answer()
                            .status())
                    .isEqualTo(200);
        }
        return allocation.since(before);
    }
}
