package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RequestLoad;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three upstreams, of which one dies, or some are always overloaded. */
class NodeLossIT {
    private static final Behaviour FINE = Behaviour.delayed(Duration.ofMillis(10), Behaviour.json("{}"));
    private static final Behaviour OVERLOADED = Behaviour.status(503, "", "{}");
    private static final int CLIENTS = 10;
    private static final int REQUESTS = 3000;

    private final List<FakeUpstream> nodes = Stream.generate(FakeUpstream::start)
            .limit(3)
            .map(node -> node.otherwise(FINE))
            .toList();
    private Deployment deployment = start();

    private Deployment start() {
        Gateway gateway = new Gateway();
        for (int i = 0; i < nodes.size(); i++) {
            gateway.upstream("node-" + i, nodes.get(i).url(), "breaker: {threshold: 0.5, window: 10, cooldown: 5}");
        }
        gateway.group("nodes", "{name: node-0}, {name: node-1}, {name: node-2}", "")
                .forward("nodes", "nodes", "");
        return Deployment.start(Deployment.Kind.LAUNCHER, gateway);
    }

    @BeforeEach
    void warmUp() {
        RequestLoad.run(uri(), CLIENTS, 500);
    }

    @AfterEach
    void stop() {
        deployment.close();
        nodes.forEach(FakeUpstream::close);
    }

    private URI uri() {
        return deployment.forward("nodes", "/v1/chat/completions");
    }

    private double calls() {
        return deployment.metrics().sum("llmproxy_upstream_requests_total");
    }

    @Test
    void onlyWhatADyingNodeWasAnsweringFails() {
        RequestLoad load = RequestLoad.start(uri(), CLIENTS, Duration.ofMillis(5));
        Awaitility.await().until(() -> load.answers() > 200);

        nodes.get(2).die();
        int answers = load.answers();
        Awaitility.await().until(() -> load.answers() > answers + 1000);
        RequestLoad.Outcome outcome = load.stop();

        assertThat(outcome.failed()).as(outcome.toString()).isLessThanOrEqualTo(CLIENTS);
        double picks = deployment.metricsAtRest().sum("llmproxy_upstream_errors_total", "upstream=\"node-2\"");
        assertThat(picks).isBetween(1.0, CLIENTS + 5.0);
    }

    @Test
    void oneThatIsAlwaysOverloadedCostsAFifthAtMost() {
        nodes.get(0).otherwise(OVERLOADED);
        double before = calls();

        RequestLoad.Outcome outcome = RequestLoad.run(uri(), CLIENTS, REQUESTS);

        assertThat(outcome.failed()).as(outcome.toString()).isLessThan(REQUESTS / 100);
        assertThat((calls() - before) / REQUESTS).isLessThanOrEqualTo(1.2);
    }

    @Test
    void whereAllAreOverloadedHardlyAnyIsAskedTwice() {
        nodes.forEach(node -> node.otherwise(OVERLOADED));
        double before = calls();

        RequestLoad.Outcome outcome = RequestLoad.run(uri(), CLIENTS, REQUESTS);

        assertThat(outcome.failed()).isEqualTo(REQUESTS);
        assertThat((calls() - before) / REQUESTS).isLessThanOrEqualTo(1.05);
    }
}
