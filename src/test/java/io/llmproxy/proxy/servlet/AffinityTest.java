package io.llmproxy.proxy.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.upstream.Placement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which requests go to the same upstream. */
final class AffinityTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final Behaviour GOOD = Behaviour.json("{\"ok\":true}");
    private static final String KEYS =
            "keys: [{name: one, key: sk-client-one-key}, {name: two, key: sk-client-two-key}]";

    private final FakeUpstream a = FakeUpstream.start().otherwise(GOOD);
    private final FakeUpstream b = FakeUpstream.start().otherwise(GOOD);
    private final List<SettledAttempt> settled = new CopyOnWriteArrayList<>();
    private final ExchangeListener listener = new ExchangeListener() {
        @Override
        public void settled(Exchange exchange, SettledAttempt attempt) {
            settled.add(attempt);
        }
    };
    private @Nullable Entrance entrance;

    @AfterEach
    void stop() {
        if (entrance != null) {
            entrance.close();
        }
        a.close();
        b.close();
    }

    private Entrance open(String forward, String affinity) {
        String upstreams = "{name: a, url: '%s'}, {name: b, url: '%s'}".formatted(a.url(), b.url());
        String group = "upstreams: [{name: a}, {name: b}], balance: {strategy: roundrobin%s}".formatted(affinity);
        Entrance opened = new Entrance(forward, upstreams, group, listener);
        entrance = opened;
        return opened;
    }

    /** Returns where a request went. */
    private String ask(Entrance by, FakeClient client) throws Exception {
        int before = settled.size();
        by.forward(client);
        client.await();
        Awaitility.await().until(() -> settled.size() > before);
        assertThat(client.status()).isEqualTo(200);
        return settled.get(settled.size() - 1).upstream();
    }

    private static FakeClient chat(String body) {
        return FakeClient.of("POST", CHAT).sending(body.replace('\'', '"'));
    }

    private List<@Nullable Placement> placements() {
        return settled.stream().map(SettledAttempt::placement).distinct().toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                                | {'messages':[{'role':'user','content':'%d'},{'role':'assistant','content':'%d'}]}",
                "by: [prefix]                    | {'messages':[{'role':'user','content':'%d'},{'role':'assistant','content':'%d'}]}",
                "by: [prompt_cache_key]          | {'prompt_cache_key':'%d','messages':[{'role':'user','content':'%d'}]}",
                "by: [header, user], header: X-S | {'user':'%d','messages':[{'role':'user','content':'%d'}]}",
            })
    void requestsWithSomethingInCommonGoToOneUpstream(@Nullable String affinity, String body) throws Exception {
        Entrance by = open("", ", affinity: {%s}".formatted(affinity == null ? "" : affinity));
        Set<String> all = new HashSet<>();
        for (int common = 0; common < 8; common++) {
            Set<String> same = new HashSet<>();
            for (int turn = 0; turn < 3; turn++) {
                same.add(ask(by, chat(body.formatted(common, turn))));
            }
            assertThat(same).hasSize(1);
            all.addAll(same);
        }
        assertThat(all).as("where all went").hasSize(2);
        assertThat(placements()).containsExactly(Placement.HOME);
    }

    @Test
    void aHeaderMaySayIt() throws Exception {
        Entrance by = open("", ", affinity: {by: [header], header: X-Session}");
        Set<String> all = new HashSet<>();
        for (int session = 0; session < 8; session++) {
            String name = "s" + session;
            String first = ask(by, chat("{}").with("x-session", name));
            assertThat(ask(by, chat("{}").with("X-Session", name))).isEqualTo(first);
            all.add(first);
        }
        assertThat(all).hasSize(2);

        assertThat(List.of(ask(by, chat("{}")), ask(by, chat("{}"))))
                .as("without it")
                .containsExactly("a", "b");
        assertThat(ask(by, chat("{}").with("X-Session", " "))).isNotNull();
        assertThat(placements()).containsExactly(Placement.HOME, Placement.UNBOUND);
    }

    @Test
    void theKeyOfAClientMaySayIt() throws Exception {
        Entrance by = open(KEYS, ", affinity: {by: [client_key]}");

        Set<String> one = new HashSet<>();
        for (int turn = 0; turn < 4; turn++) {
            one.add(ask(by, chat("{}").with("Authorization", "Bearer sk-client-one-key")));
        }

        assertThat(one).hasSize(1);
        assertThat(placements()).containsExactly(Placement.HOME);
    }

    @Test
    void aForwardWithoutKeysHasNoneToGoBy() throws Exception {
        Entrance by = open("", ", affinity: {by: [client_key]}");

        assertThat(List.of(ask(by, chat("{}")), ask(by, chat("{}")))).containsExactly("a", "b");
        assertThat(placements()).containsExactly(Placement.UNBOUND);
    }

    @Test
    void aRequestWhoseUpstreamFailsGoesToAnotherAndIsCountedSo() throws Exception {
        Entrance by = open("", ", affinity: {by: [user]}");
        String home = ask(by, chat("{'user':'u'}"));
        (home.equals("a") ? a : b).otherwise(Behaviour.status(503, "", "no"));

        assertThat(ask(by, chat("{'user':'u'}"))).isNotEqualTo(home);
        assertThat(settled)
                .extracting(SettledAttempt::placement)
                .containsExactly(Placement.HOME, Placement.HOME, Placement.AWAY);
    }

    @Test
    void aBodyThatCannotBeReadBelongsNowhere() throws Exception {
        Entrance by = open("", ", affinity: {}");

        assertThat(List.of(ask(by, chat("{}").with("Content-Encoding", "br")), ask(by, chat("no JSON"))))
                .containsExactly("a", "b");
    }

    @Test
    void withoutAffinityNothingIsSaidOfIt() throws Exception {
        Entrance by = open("", "");

        assertThat(List.of(ask(by, chat("{'user':'u'}")), ask(by, chat("{'user':'u'}"))))
                .containsExactly("a", "b");
        assertThat(settled).extracting(SettledAttempt::placement).containsExactly(null, null);
    }
}
