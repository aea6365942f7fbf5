package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.balance.Load.Outcome;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LeaseTest {
    private static final String PLAIN = "{name: u, url: 'http://u', auth: {type: bearer, token: secret}}";
    private static final String BREAKER =
            "{name: u, url: 'http://u', breaker: {threshold: 1, window: 1, cooldown: 1h}, max_concurrent: 1}";

    private static final String LIMITED =
            "{name: u, url: 'http://u', auth: {type: bearer, token: t, rpm: 2, tpm: 1300}}";

    private final Snapshots snapshots = new Snapshots();
    /** Later than anything that is made for a test. */
    private final long now = System.nanoTime() + 60_000_000_000L;

    @AfterEach
    void stop() {
        snapshots.close();
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void aLeaseCountsAsInFlightUntilItIsClosedOnce(Outcome outcome) {
        UpstreamGroup group = snapshots.group(PLAIN, "{name: u}");
        Lease first = acquire(group);
        Lease second = acquire(group);
        assertThat(first.upstream().inFlight()).isEqualTo(2);

        first.close(outcome, now);
        first.close(outcome, now);

        assertThat(second.upstream().inFlight()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void aLeaseThatIsClosedTwiceGivesOneSlotBack(Outcome outcome) {
        UpstreamGroup group =
                snapshots.group("{name: u, url: 'http://u', max_concurrent: 1, max_queued: 0}", "{name: u}");
        Lease lease = acquire(group);
        assertThat(tryAcquire(group)).isNull();

        lease.close(outcome, now);
        lease.close(outcome, now);

        assertThat(tryAcquire(group)).isNotNull();
        assertThat(tryAcquire(group)).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"THROTTLED", "TIMED_OUT", "NEUTRAL"})
    void whatSaysNothingOfTheUpstreamIsNotToldOfItsBreaker(Outcome outcome) {
        UpstreamGroup group = snapshots.group(BREAKER, "{name: u}");

        acquire(group).close(outcome, now);

        assertThat(snapshots.told()).isEmpty();
        assertThat(tryAcquire(group)).isNotNull();
    }

    @Test
    void aFailureOpensTheBreakerAndTheRefusalIsTold() {
        UpstreamGroup group = snapshots.group(BREAKER, "{name: u}");

        acquire(group).close(Outcome.FAILURE, now);

        assertThat(tryAcquire(group)).isNull();
        assertThat(snapshots.upstream("u").standing(now)).isEqualTo(Standing.BREAKER_OPEN);
        group.rejected(now);
        assertThat(snapshots.told()).containsExactly("u: CLOSED to OPEN", "g/u: FAILURE", "g/u: REJECTED");
    }

    @Test
    void anUpstreamThatCoolsDownGetsNoRequestsForThatTime() {
        UpstreamGroup group = snapshots.group(PLAIN, "{name: u}");
        Lease lease = acquire(group);

        lease.coolDown(Duration.ofSeconds(20), now);
        lease.close(Outcome.THROTTLED, now);

        assertThat(tryAcquire(group)).isNull();
        assertThat(snapshots.upstream("u").standing(now)).isEqualTo(Standing.COOLING_DOWN);
        assertThat(group.isCoolingDown(upstream -> true, now)).isTrue();
        assertThat(group.retryAfterNanos(upstream -> true, now)).isEqualTo(20_000_000_000L);
        assertThat(group.acquire(upstream -> true, Set.of(), now + 20_000_000_001L))
                .isNotNull();
    }

    @Test
    void aKeyThatCoolsDownLeavesTheOtherKeysInUse() {
        UpstreamGroup group = snapshots.group(
                "{name: u, url: 'http://u', auth: {type: bearer, keys: [{key: one}, {key: two}]}}", "{name: u}");
        Lease first = acquire(group);

        first.coolKeyDown(Duration.ofMinutes(1), true, now);
        first.close(Outcome.THROTTLED, now);

        for (int request = 0; request < 4; request++) {
            assertThat(acquire(group).key()).isNotSameAs(first.key());
        }
        assertThat(snapshots.told()).containsExactly("u key " + first.key().place() + ": RATE_LIMITED");
    }

    @Test
    void aKeyThatWasRefusedIsSetAsideUntilItIsTheLastResort() {
        UpstreamGroup group = snapshots.group(PLAIN, "{name: u}");
        Lease lease = acquire(group);

        lease.keyRefused(KeyFailure.UNAUTHORIZED, now);
        lease.close(Outcome.NEUTRAL, now);

        assertThat(tryAcquire(group)).isNull();
        assertThat(snapshots.upstream("u").standing(now)).isEqualTo(Standing.KEYS_REFUSED);
        Lease last = group.lastResort(upstream -> true, Set.of(), now);
        assertThat(Objects.requireNonNull(last).key()).isSameAs(lease.key());
        last.responded(now);
        last.close(Outcome.SUCCESS, now);
        assertThat(tryAcquire(group)).isNotNull();
        assertThat(snapshots.told()).containsExactly("u key 0: UNAUTHORIZED");
    }

    @Test
    void aRequestThatIsNotSentUsesNothingOfItsKey() {
        UpstreamGroup group = snapshots.group(LIMITED, "{name: u}");
        acquire(group).used(600, now);
        Lease lease = acquire(group);
        assertThat(tryAcquire(group)).as("all that the key may do").isNull();

        lease.closeUnsent(now);
        lease.closeUnsent(now);

        acquire(group);
        assertThat(tryAcquire(group)).isNull();
    }

    @Test
    void oneThatWasSentUsesARequestOfItsKeyHoweverItEnds() {
        UpstreamGroup group = snapshots.group(LIMITED, "{name: u}");
        acquire(group);
        Lease lease = acquire(group);

        lease.close(Outcome.NEUTRAL, now);
        lease.closeUnsent(now);

        assertThat(tryAcquire(group)).isNull();
    }

    @Test
    void whatARequestUsesOverASecondConnectionIsCountedOnce() {
        UpstreamGroup group =
                snapshots.group("{name: u, url: 'http://u', auth: {type: bearer, token: t, tpm: 1000}}", "{name: u}");
        acquire(group).used(400, now);
        Lease lease = acquire(group);

        lease.used(0, now);
        lease.used(400, now);

        // 800 are used, and the next is expected to take as many as the others.
        assertThat(tryAcquire(group)).isNull();
    }

    private Lease acquire(UpstreamGroup group) {
        return Objects.requireNonNull(tryAcquire(group));
    }

    private @Nullable Lease tryAcquire(UpstreamGroup group) {
        return group.acquire(upstream -> true, Set.of(), now);
    }
}
