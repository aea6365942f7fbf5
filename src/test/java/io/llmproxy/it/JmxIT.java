package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RemoteBeans;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** What a management console sees and does, over a connection of its own to the process. */
class JmxIT {
    private static final String CHAT = "/v1/chat/completions";

    private static Gateway gateway(FakeUpstream a, FakeUpstream b, String mode) {
        return new Gateway()
                .top("jmx: " + mode)
                .upstream("a", a.url(), "breaker: {threshold: 0.5, window: 2, cooldown: 60}")
                .upstream("b", b.url(), "")
                .group("g", "{name: a}, {name: b}", "balance: {strategy: weighted_roundrobin}")
                .group("only-a", "{name: a}", "")
                .forward("both", "g", "")
                .forward("first", "only-a", "");
    }

    private static int ask(Deployment deployment, String forward) {
        return RawClient.exchange(deployment.forward(forward, CHAT), "POST", "", new byte[] {'{', '}'})
                .status();
    }

    @ParameterizedTest
    @KindSource
    void operatorsSeeAndChangeWhatIsServed(Deployment.Kind kind) throws Exception {
        try (FakeUpstream a = FakeUpstream.start();
                FakeUpstream b = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(a, b, "operations"));
                RemoteBeans beans = RemoteBeans.of(deployment.process())) {
            a.otherwise(Behaviour.json("{}"));
            b.otherwise(Behaviour.json("{}"));
            String gateway = beans.name("type=Gateway");
            String upstream = beans.name("type=Upstream,name=a");
            String group = beans.name("type=Group,name=g");
            assertThat(beans.name("type=Ledger")).isNotEmpty();
            assertThat(beans.get(gateway, "State")).isEqualTo("ready");
            assertThat(ask(deployment, "both")).isEqualTo(200);
            assertThat(ask(deployment, "both")).isEqualTo(200);
            Awaitility.await().until(() -> beans.get(gateway, "Requests").equals(2L));
            assertThat(beans.get(gateway, "Errors")).isEqualTo(0L);
            Awaitility.await().until(() -> beans.get(upstream, "Requests").equals(1L));
            assertThat(beans.get(upstream, "Breaker")).isEqualTo("closed");

            beans.invoke(upstream, "disable");
            assertThat(beans.get(upstream, "State")).isEqualTo("disabled");
            assertThat(ask(deployment, "first")).isEqualTo(503);

            assertThat((String[]) beans.get(gateway, "Overrides"))
                    .singleElement()
                    .asString()
                    .startsWith("upstream a disabled since 20");
            assertThat(RawClient.exchange(deployment.admin("/metrics"), "GET", "", new byte[0])
                            .text())
                    .contains("llmproxy_override_active 1.0");
            beans.invoke(gateway, "reload");
            assertThat(beans.get(upstream, "State")).isEqualTo("disabled");
            beans.invoke(upstream, "enable");
            assertThat(ask(deployment, "first")).isEqualTo(200);

            beans.invoke(group, "setWeight", "a", 3);
            assertThat(beans.get(group, "Weights").toString()).contains("value=3");
            Awaitility.await().until(() -> beans.get(upstream, "Requests").equals(2L));
            for (int i = 0; i < 8; i++) {
                assertThat(ask(deployment, "both")).isEqualTo(200);
            }
            Awaitility.await().until(() -> beans.get(upstream, "Requests").equals(2L + 6L));
            assertThatThrownBy(() -> beans.invoke(group, "setWeight", "unknown", 3))
                    .hasRootCauseInstanceOf(IllegalArgumentException.class)
                    .hasRootCauseMessage("upstream: unknown (expected: an upstream of group g)");

            a.otherwise(Behaviour.status(500, "", "{}"));
            ask(deployment, "first");
            ask(deployment, "first");
            Awaitility.await().until(() -> beans.get(upstream, "Breaker").equals("open"));
            a.otherwise(Behaviour.json("{}"));
            beans.invoke(upstream, "resetBreaker");
            assertThat(beans.get(upstream, "Breaker")).isEqualTo("closed");
            assertThat(ask(deployment, "first")).isEqualTo(200);

            beans.invoke(gateway, "drain");
            assertThat(RawClient.exchange(deployment.admin("/health/ready"), "GET", "", new byte[0])
                            .status())
                    .isEqualTo(503);
            beans.invoke(gateway, "cancelDrain");
            assertThat(RawClient.exchange(deployment.admin("/health/ready"), "GET", "", new byte[0])
                            .status())
                    .isEqualTo(200);
            beans.invoke(gateway, "setLogLevel", "io.llmproxy", "debug", 1);
            beans.invoke(gateway, "clearOverrides");
            assertThat((String[]) beans.get(gateway, "Overrides")).isEmpty();
        }
    }

    @ParameterizedTest
    @KindSource
    void unlessItIsConfiguredNothingCanBeChanged(Deployment.Kind kind) throws Exception {
        try (FakeUpstream a = FakeUpstream.start();
                FakeUpstream b = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(a, b, "read_only"));
                RemoteBeans beans = RemoteBeans.of(deployment.process())) {
            a.otherwise(Behaviour.json("{}"));
            String upstream = beans.name("type=Upstream,name=a");

            assertThatThrownBy(() -> beans.invoke(upstream, "disable"))
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .hasRootCauseMessage("jmx: read_only (expected: operations, for this to be allowed)");
            assertThat(beans.get(upstream, "State")).isEqualTo("serving");
            assertThat(ask(deployment, "first")).isEqualTo(200);
        }
    }
}
