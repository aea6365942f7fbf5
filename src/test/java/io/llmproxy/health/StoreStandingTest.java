package io.llmproxy.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.health.StoreStanding.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StoreStandingTest {
    private static final Instant UNTIL = Instant.parse("2026-11-29T12:00:00Z");

    private static StoreStanding standing(
            long head, long active, List<String> nack, @Nullable Duration away, @Nullable Instant until) {
        return new StoreStanding("node-1", head, active, head, nack, away, until);
    }

    @Test
    void theWorstStateIsTold() {
        List<String> nack = List.of("port 80 is taken");

        assertThat(standing(0, 0, List.of(), Duration.ofSeconds(3), null).state())
                .isEqualTo(State.WAITING);
        assertThat(standing(7, 7, List.of(), Duration.ofSeconds(3), null).state())
                .isEqualTo(State.AWAY);
        assertThat(standing(8, 7, nack, null, null).state()).isEqualTo(State.REFUSED);
        assertThat(standing(8, 7, List.of(), null, null).state()).isEqualTo(State.BEHIND);
        assertThat(standing(8, 8, List.of(), null, UNTIL).state()).isEqualTo(State.UNCONFIRMED);
        assertThat(standing(8, 8, List.of(), null, null).state()).isEqualTo(State.CURRENT);
    }

    @Test
    void theCheckIsUpAndOperatorsAreToldWhy() {
        StoreStanding refused = standing(8, 7, List.of("port 80 is taken"), Duration.ofSeconds(61), UNTIL);

        assertThat(described(refused, false))
                .isEqualTo("{\"name\":\"store\",\"status\":\"UP\",\"data\":{\"state\":\"away\",\"active\":7,\"head\":8,"
                        + "\"tried\":8,\"away_seconds\":61,\"confirm_until\":\"2026-11-29T12:00:00Z\"}}");
        assertThat(described(refused, true)).endsWith("\"node\":\"node-1\",\"nack\":[\"port 80 is taken\"]}}");
    }

    @Test
    void whatIsFollowedIsToldAndWhyItIsNotCarriedOver() {
        StoreStanding.Followed followed =
                new StoreStanding.Followed("maywzh", 12, List.of("provider a: no"), Duration.ofSeconds(4));
        StoreStanding standing = new StoreStanding("n", 1, 1, 1, List.of(), null, null, followed);

        assertThat(standing.state()).isEqualTo(State.CURRENT);
        String told = "\"followed\":{\"system\":\"maywzh\",\"version\":12,\"carried_over\":false,\"away_seconds\":4";
        assertThat(described(standing, false)).endsWith(told + "}}}");
        assertThat(described(standing, true)).contains(told + ",\"problems\":[\"provider a: no\"]}");
    }

    private static String described(StoreStanding standing, boolean detailed) {
        ObjectNode check = new JsonMapper().createObjectNode();
        standing.describe(check, detailed);
        return check.toString();
    }
}
