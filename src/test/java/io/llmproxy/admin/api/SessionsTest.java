package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.access.Digest;
import io.llmproxy.access.KeptSession;
import io.llmproxy.access.NoPeople;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final String TOKEN = "token-of-the-operators";
    private static final Sessions.Openers TOKENS = how -> how.equals(Caller.OPERATOR_TOKEN) ? TOKEN : null;
    private static final Sessions.Openers NOTHING = how -> null;

    private Instant now = Instant.parse("2026-11-29T00:00:00Z");
    private final Sessions sessions = new Sessions(() -> now, new NoPeople());

    private void wait(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aSessionIsFoundByItsNameAlone() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        assertThat(name).hasSizeGreaterThanOrEqualTo(43);
        assertThat(sessions.use(name, TOKENS))
                .extracting(Sessions.Session::caller)
                .isEqualTo(Caller.OPERATOR);
        assertThat(sessions.use(name + "x", TOKENS)).isNull();
    }

    @Test
    void aSessionEndsHalfAnHourAfterItsLastUse() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        wait(Duration.ofMinutes(29));
        assertThat(sessions.use(name, TOKENS)).isNotNull();
        wait(Duration.ofMinutes(29));
        assertThat(sessions.find(name, TOKENS)).isNotNull();
        wait(Duration.ofMinutes(2));
        assertThat(sessions.use(name, TOKENS)).isNull();
    }

    @Test
    void aSessionEndsAfterTwelveHoursHoweverOftenItIsUsed() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);
        Instant opened = now;

        while (now.isBefore(opened.plus(Duration.ofHours(12)).minusSeconds(60))) {
            assertThat(sessions.use(name, TOKENS)).as("at " + now).isNotNull();
            wait(Duration.ofMinutes(20));
        }
        assertThat(sessions.use(name, TOKENS)).isNull();
    }

    @Test
    void aSessionEndsWithTheTokenThatOpenedIt() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        assertThat(sessions.use(name, how -> "another-token")).isNull();
        assertThat(sessions.use(name, TOKENS)).isNull();
    }

    @Test
    void aSessionEndsWithTheProviderThatOpenedIt() {
        Caller ann = new Caller("oidc:ann", Role.EDITOR, null, OidcSignIn.AUTHENTICATION);
        String name = sessions.open(ann, "one");
        String unknown = sessions.open(ann, null);

        assertThat(sessions.use(name, how -> "one")).isNotNull();
        assertThat(sessions.use(name, how -> "another")).isNull();
        // A release that noted no provider has opened it.
        assertThat(sessions.use(unknown, how -> "one")).isNull();
    }

    @Test
    void aSessionThatIsClosedIsGone() {
        String name = sessions.open(Caller.OPERATOR, TOKEN);

        sessions.close(name);

        assertThat(sessions.use(name, TOKENS)).isNull();
    }

    @Test
    void theOldestMakesRoomForTheThousandAndFirst() {
        String first = sessions.open(Caller.OPERATOR, TOKEN);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            wait(Duration.ofMillis(1));
            names.add(sessions.open(Caller.OPERATOR, TOKEN));
        }

        assertThat(names).hasSize(1000).allMatch(name -> sessions.find(name, TOKENS) != null);
        assertThat(sessions.find(first, TOKENS)).isNull();
    }

    /** The sessions of a store that may be away. */
    private static final class Store extends FakePeople {
        private final Map<String, KeptSession> kept = new HashMap<>();
        private final List<Runnable> waiting = new ArrayList<>();
        private boolean away;

        private void reach() {
            if (away) {
                throw new UnavailableException(Unavailable.AWAY, "away");
            }
        }

        @Override
        public void later(Runnable work) {
            waiting.add(work);
        }

        @Override
        public void open(KeptSession session) {
            reach();
            kept.put(session.digest(), session);
        }

        @Override
        public Optional<KeptSession> session(String digest) {
            reach();
            return Optional.ofNullable(kept.get(digest));
        }

        @Override
        public void used(String digest, Instant at) {
            reach();
            KeptSession old = Objects.requireNonNull(kept.get(digest));
            kept.put(
                    digest,
                    new KeptSession(
                            digest,
                            old.name(),
                            old.role(),
                            old.scope(),
                            old.authentication(),
                            old.opener(),
                            at,
                            old.endsAt()));
        }

        @Override
        public void close(String digest) {
            reach();
            kept.remove(digest);
        }
    }

    private static final Caller ANN = new Caller("ann", Role.EDITOR, null, KeptSession.PASSWORD);
    private final Store store = new Store();
    private final Sessions here = new Sessions(() -> now, store);
    private final Sessions there = new Sessions(() -> now, store);

    private static void assertCaller(Sessions.@Nullable Session session, Caller caller) {
        assertThat(session).extracting(Sessions.Session::caller).isEqualTo(caller);
    }

    @Test
    void anotherNodeKnowsASessionAndWhenItWasUsed() {
        String name = here.open(ANN, null);
        wait(Duration.ofMinutes(20));
        assertCaller(there.use(name, TOKENS), ANN);
        wait(Duration.ofMinutes(20));
        assertCaller(here.use(name, NOTHING), ANN);
        wait(Duration.ofMinutes(31));
        assertThat(there.use(name, NOTHING)).isNull();
    }

    @Test
    void whatTheStoreSaysCountsAfterFifteenSeconds() {
        String name = here.open(ANN, null);
        assertCaller(there.use(name, NOTHING), ANN);
        String digest = Digest.of(name);
        KeptSession kept = Objects.requireNonNull(store.kept.get(digest));
        Caller viewer = new Caller("ann", Role.VIEWER, "search", KeptSession.PASSWORD);
        store.kept.put(
                digest,
                new KeptSession(
                        digest,
                        "ann",
                        Role.VIEWER,
                        "search",
                        kept.authentication(),
                        null,
                        kept.usedAt(),
                        kept.endsAt()));

        wait(Duration.ofSeconds(14));
        assertCaller(there.use(name, NOTHING), ANN);
        wait(Duration.ofSeconds(1));
        assertCaller(there.use(name, NOTHING), viewer);

        here.close(name);
        assertThat(here.use(name, NOTHING)).isNull();
        wait(Duration.ofSeconds(15));
        assertThat(there.use(name, NOTHING)).isNull();
    }

    @Test
    void toLookDoesNotWaitForTheStore() {
        String name = here.open(ANN, null);
        store.kept.clear();
        wait(Duration.ofSeconds(15));
        assertCaller(here.find(name, NOTHING), ANN);
        assertCaller(here.find(name, NOTHING), ANN);
        assertThat(store.waiting).hasSize(1);

        store.waiting.get(0).run();
        assertThat(here.find(name, NOTHING)).isNull();
    }

    @Test
    void sessionsGoOnWhileTheStoreIsAwayAndTheTokenOpensOneHere() {
        String name = here.open(ANN, null);
        store.away = true;
        wait(Duration.ofMinutes(10));
        assertCaller(here.use(name, NOTHING), ANN);
        assertThat(there.use(name, NOTHING)).isNull();
        String mine = here.open(Caller.OPERATOR, TOKEN);
        assertCaller(here.use(mine, TOKENS), Caller.OPERATOR);

        store.away = false;
        wait(Duration.ofMinutes(1));
        assertCaller(here.use(mine, TOKENS), Caller.OPERATOR);
        assertThat(there.use(mine, TOKENS)).isNull();
        assertThat(here.use(mine, NOTHING)).isNull();
        assertCaller(here.use(name, NOTHING), ANN);
        here.doubt("ann");
        store.kept.clear();
        assertThat(here.use(name, NOTHING)).isNull();
    }
}
