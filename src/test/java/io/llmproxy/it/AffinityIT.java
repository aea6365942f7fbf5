package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Conversations find the upstream that has seen them. */
class AffinityIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final int CONVERSATIONS = 12;
    private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"A\"},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":90}}}";
    private static final List<FakeUpstream> FAKES =
            IntStream.range(0, 3).mapToObj(index -> FakeUpstream.start()).toList();
    private static final Deployment GATEWAY = Deployment.start(Kind.LAUNCHER, gateway(), "-Xmx128m");

    @AfterAll
    static void stop() {
        GATEWAY.close();
        FAKES.forEach(FakeUpstream::close);
    }

    @BeforeEach
    void forget() {
        FAKES.forEach(fake -> {
            fake.reset();
            fake.otherwise(Behaviour.json(ANSWER));
        });
    }

    private static Gateway gateway() {
        Gateway gateway = new Gateway().admin("token: secret");
        for (int index = 0; index < FAKES.size(); index++) {
            gateway.upstream("u" + index, FAKES.get(index).url(), "");
        }
        return gateway.group("affine", "{name: u0}, {name: u1}, {name: u2}", "balance: {affinity: {}}")
                .forward("affine", "affine", "");
    }

    /** Returns which upstream the next turn of a conversation went to. */
    private static int turn(int conversation, int turn) {
        String more =
                ",{\"role\":\"assistant\",\"content\":\"A\"},{\"role\":\"user\",\"content\":\"again\"}".repeat(turn);
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
                + "{\"role\":\"user\",\"content\":\"Question %d\"}%s]}".formatted(conversation, more);
        List<Integer> before = counts();
        URI uri = GATEWAY.forward("affine", CHAT);
        assertThat(RawClient.exchange(uri, "POST", "Content-Type: application/json\r\n", body.getBytes(UTF_8))
                        .status())
                .isEqualTo(200);
        List<Integer> after = counts();
        return IntStream.range(0, FAKES.size())
                .filter(index -> after.get(index) > before.get(index))
                .findFirst()
                .orElseThrow();
    }

    private static List<Integer> counts() {
        return FAKES.stream().map(fake -> fake.requests(CHAT).size()).toList();
    }

    private static int[] turns(int turn) {
        return IntStream.range(0, CONVERSATIONS)
                .map(conversation -> turn(conversation, turn))
                .toArray();
    }

    @Test
    void eachConversationStaysAtOneUpstreamAlsoAcrossAReload() {
        int[] homes = turns(0);
        assertThat(IntStream.of(homes).distinct().count()).isEqualTo(FAKES.size());
        assertThat(turns(1)).containsExactly(homes);

        assertThat(RawClient.exchange(
                                GATEWAY.admin("/admin/reload"), "POST", "Authorization: Bearer secret\r\n", new byte[0])
                        .status())
                .isEqualTo(200);

        assertThat(turns(2)).containsExactly(homes);
        assertThat(GATEWAY.metricsAtRest()
                        .sum("llmproxy_affinity_requests_total", "group=\"affine\"", "placement=\"home\""))
                .isGreaterThanOrEqualTo(3.0 * CONVERSATIONS);
        assertThat(GATEWAY.metrics()
                        .sum("llmproxy_affinity_cached_tokens_total", "group=\"affine\"", "placement=\"home\""))
                .isGreaterThanOrEqualTo(90.0 * 3 * CONVERSATIONS);
    }

    @Test
    void onlyConversationsOfAnUpstreamThatFailsMove() {
        int[] homes = turns(0);
        FAKES.get(1).otherwise(Behaviour.status(503, "", "no"));

        for (int conversation = 0; conversation < CONVERSATIONS; conversation++) {
            int now = last(conversation);
            assertThat(now).isNotEqualTo(1);
            if (homes[conversation] != 1) {
                assertThat(now).isEqualTo(homes[conversation]);
            }
        }
    }

    /** The upstream that answered in the end: one that fails is asked before. */
    private static int last(int conversation) {
        List<Integer> before = counts();
        turn(conversation, 1);
        List<Integer> after = counts();
        return IntStream.of(0, 2)
                .filter(index -> after.get(index) > before.get(index))
                .findFirst()
                .orElse(1);
    }
}
