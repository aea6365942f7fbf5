package io.llmproxy.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.HeaderLineConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.WebhookConfig;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.UpstreamRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebhookTest {
    private static final Behaviour TAKEN = Behaviour.status(204, "", "");
    private static final Behaviour AWAY = Behaviour.status(503, "", "");

    /** Less than a time-out takes. */
    private static final Duration SOON = Duration.ofSeconds(3);

    private final FakeUpstream target = FakeUpstream.start();
    private final Webhook webhook = new Webhook(Duration.ofMillis(1));

    @AfterEach
    void close() {
        webhook.close();
        target.close();
    }

    private void follow(String url) {
        webhook.follow(new WebhookConfig(
                new Secret(url), List.of(new HeaderLineConfig("Authorization", new Secret("Bearer t")))));
    }

    private void awaitEnd(long sent, long dropped) {
        Awaitility.await().until(() -> webhook.sent() == sent && webhook.dropped() == dropped);
    }

    @Test
    void postsWithTheHeadersOfTheConfiguration() {
        target.on("/hook", TAKEN);
        follow(target.url() + "/hook");

        webhook.post("{\"text\":\"30 €\"}");

        awaitEnd(1, 0);
        UpstreamRequest request = target.requests("/hook").get(0);
        assertThat(new String(request.body(), StandardCharsets.UTF_8)).isEqualTo("{\"text\":\"30 €\"}");
        assertThat(request.head().value("Content-Type")).contains("application/json");
        assertThat(request.head().value("Authorization")).contains("Bearer t");
    }

    @Test
    void whatIsNotTakenIsSentAgain() {
        target.on("/hook", AWAY, Behaviour.resets(), TAKEN);
        follow(target.url() + "/hook");

        webhook.post("{}");

        awaitEnd(1, 0);
        assertThat(target.requests("/hook")).hasSize(3);
    }

    @Test
    void whatIsNeverTakenIsDropped() {
        target.otherwise(AWAY);
        follow(target.url() + "/hook");

        webhook.post("{}");

        awaitEnd(0, 1);
        assertThat(target.requests()).hasSize(5);
    }

    @Test
    void nobodyListens() {
        follow("http://127.0.0.1:" + Ports.free() + "/secret-path");

        webhook.post("{}");

        awaitEnd(0, 1);
    }

    @Test
    void whatWaitsGoesToTheNewAddress() {
        target.on("/old", Behaviour.hangs());
        target.on("/hook", TAKEN);
        follow(target.url() + "/old");
        webhook.post("{}");
        webhook.post("{}");
        UpstreamRequest old = target.awaitRequest("/old");

        follow(target.url() + "/hook");

        awaitEnd(2, 0);
        assertThat(old.awaitAborted(SOON)).isTrue();
        assertThat(target.requests("/old")).hasSize(1);
    }

    @Test
    void theSameAddressOnceMoreBreaksNothingOff() {
        target.on("/hook", Behaviour.delayed(Duration.ofMillis(100), TAKEN));
        follow(target.url() + "/hook");
        webhook.post("{}");
        target.awaitRequest("/hook");

        follow(target.url() + "/hook");

        awaitEnd(1, 0);
        assertThat(target.requests("/hook")).hasSize(1);
    }

    @Test
    void whatWaitsIsDroppedIfThereIsNoAddressAnyMore() {
        target.otherwise(Behaviour.hangs());
        follow(target.url() + "/hook");
        webhook.post("{}");
        webhook.post("{}");
        target.awaitRequest("/hook");

        webhook.follow(null);

        awaitEnd(0, 2);
        assertThat(target.requests()).hasSize(1);
    }

    @Test
    void waitsAsLongAsItIsAskedTo() {
        target.on("/hook", Behaviour.status(429, "Retry-After: 1\r\n", ""), TAKEN);
        follow(target.url() + "/hook");
        long begin = System.nanoTime();

        webhook.post("{}");

        awaitEnd(1, 0);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aCloseBreaksOff() {
        target.otherwise(Behaviour.hangs());
        follow(target.url() + "/hook");
        webhook.post("{}");
        UpstreamRequest open = target.awaitRequest("/hook");

        webhook.close();

        assertThat(open.awaitAborted(SOON)).isTrue();
    }

    @Test
    void aHundredWait() {
        CountDownLatch gate = new CountDownLatch(1);
        target.otherwise(Behaviour.held(gate, TAKEN));
        follow(target.url() + "/hook");

        for (int i = 0; i < 103; i++) {
            webhook.post("{}");
        }

        assertThat(webhook.dropped()).isEqualTo(3);
        gate.countDown();
        awaitEnd(100, 3);
    }

    @Test
    void withoutAnAddressNothingIsSent() {
        webhook.post("{}");
        follow(target.url() + "/hook");
        webhook.follow(null);
        webhook.post("{}");

        assertThat(target.requests()).isEmpty();
        assertThat(webhook.dropped()).isZero();
    }
}
