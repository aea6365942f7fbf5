package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final String TOKEN = "token-of-the-operators";

    private Instant now = Instant.parse("2026-11-29T00:00:00Z");
    private final Sessions sessions = new Sessions(() -> now);

    private void wait(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aSessionIsFoundByItsNameAlone() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        assertThat(name).hasSizeGreaterThanOrEqualTo(43);
        assertThat(sessions.use(name, TOKEN))
                .extracting(Sessions.Session::caller)
                .isEqualTo(Caller.OPERATOR);
        assertThat(sessions.use(name + "x", TOKEN)).isNull();
    }

    @Test
    void aSessionEndsHalfAnHourAfterItsLastUse() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        wait(Duration.ofMinutes(29));
        assertThat(sessions.use(name, TOKEN)).isNotNull();
        wait(Duration.ofMinutes(29));
        assertThat(sessions.find(name, TOKEN)).isNotNull();
        wait(Duration.ofMinutes(2));
        assertThat(sessions.use(name, TOKEN)).isNull();
    }

    @Test
    void aSessionEndsAfterTwelveHoursHoweverOftenItIsUsed() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);
        Instant opened = now;

        while (now.isBefore(opened.plus(Duration.ofHours(12)).minusSeconds(60))) {
            assertThat(sessions.use(name, TOKEN)).as("at " + now).isNotNull();
            wait(Duration.ofMinutes(20));
        }
        assertThat(sessions.use(name, TOKEN)).isNull();
    }

    @Test
    void aSessionEndsWithTheTokenThatOpenedIt() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        assertThat(sessions.use(name, "another-token")).isNull();
        assertThat(sessions.use(name, TOKEN)).isNull();
    }

    @Test
    void aSessionThatIsClosedIsGone() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        sessions.close(name);

        assertThat(sessions.use(name, TOKEN)).isNull();
    }

    @Test
    void theOldestMakesRoomForTheThousandAndFirst() {
        String first = sessions.open(Caller.OPERATOR, TOKEN);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            wait(Duration.ofMillis(1));
            names.add(sessions.open(Caller.OPERATOR, TOKEN));
        }

        assertThat(names).hasSize(1000).allMatch(name -> sessions.find(name, TOKEN) != null);
        assertThat(sessions.find(first, TOKEN)).isNull();
    }
}
