package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.balance.Load.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class UpstreamGroupTest {
    private static final String A = "{name: a, url: 'http://a'}";
    private static final String B = "{name: b, url: 'http://b'}";
    private static final String BOTH = "{name: a}, {name: b}";

    private final Snapshots snapshots = new Snapshots();
    /** Later than anything that is made for a test. */
    private final long now = System.nanoTime() + 60_000_000_000L;

    @AfterEach
    void stop() {
        snapshots.close();
    }

    @Test
    void theUpstreamsTakeTurns() {
        assertThat(picks(snapshots.group(A + "," + B, BOTH), 4)).containsExactly("a", "b", "a", "b");
    }

    @Test
    void aReloadThatChangesNothingOfTheGroupGoesOnWithTheTurn() {
        UpstreamGroup before = snapshots.group(A + "," + B, BOTH);
        assertThat(picks(before, 1)).containsExactly("a");

        UpstreamGroup after = snapshots.group(A + "," + B, BOTH);

        assertThat(picks(after, 1)).containsExactly("b");
        assertThat(after.budget()).isSameAs(before.budget());
    }

    @Test
    void aWeightOfTheMemberGoesBeforeThatOfTheUpstream() {
        UpstreamGroup group = snapshots.group(
                "{name: a, url: 'http://a', weight: 9}," + B,
                "{name: a, weight: 1}, {name: b, weight: 3}",
                ", balance: {strategy: weighted_roundrobin}");

        assertThat(picks(group, 8)).filteredOn("b"::equals).hasSize(6);
    }

    @Test
    void anUpstreamThatIsDisabledOrUnhealthyIsNotPicked() {
        UpstreamGroup group =
                snapshots.group(A + "," + B + ", {name: c, url: 'http://c', enabled: false}", BOTH + ", {name: c}");

        assertThat(snapshots.upstream("a").found(false)).isTrue();

        assertThat(picks(group, 3)).containsOnly("b");
        assertThat(snapshots.upstream("a").standing(now)).isEqualTo(Standing.UNHEALTHY);
        assertThat(snapshots.upstream("c").standing(now)).isEqualTo(Standing.DISABLED);
        assertThat(group.has(upstream -> upstream.name().equals("c"))).isTrue();
        assertThat(snapshots.told()).containsExactly("a is unhealthy");
    }

    @Test
    void onlyAcceptableUpstreamsArePicked() {
        UpstreamGroup group = snapshots.group(A + "," + B, BOTH);

        Lease lease = group.acquire(upstream -> upstream.name().equals("b"), Set.of(), now);

        assertThat(Objects.requireNonNull(lease).upstream().name()).isEqualTo("b");
        assertThat(group.acquire(upstream -> false, Set.of(), now)).isNull();
    }

    @Test
    void aRequestGoesToItsUpstreamAndItIsKnownIfItDoesNot() {
        UpstreamGroup group = snapshots.group(A + "," + B, BOTH, ", balance: {affinity: {bound: 1}}");
        Lease home = acquireFor(group, 7);
        Upstream away = snapshots.upstream(home.upstream().name().equals("a") ? "b" : "a");

        assertThat(placement(group, home.upstream(), home.upstream())).isEqualTo(Placement.HOME);
        assertThat(acquireFor(group, 7).upstream())
                .as("2 in flight are 1 for each")
                .isSameAs(away);
        assertThat(placement(group, away, home.upstream())).isEqualTo(Placement.SPILLED);
        assertThat(placement(group, away, away)).isEqualTo(Placement.AWAY);
        assertThat(group.placement(away, upstream -> true, Set.of(), UpstreamGroup.NO_AFFINITY, now))
                .isEqualTo(Placement.UNBOUND);
        assertThat(snapshots.group(A, "{name: a}").placement(away, upstream -> true, Set.of(), 7, now))
                .isNull();
    }

    private @Nullable Placement placement(UpstreamGroup group, Upstream chosen, Upstream free) {
        return group.placement(chosen, upstream -> upstream == free, Set.of(), 7, now);
    }

    private Lease acquireFor(UpstreamGroup group, long affinity) {
        return Objects.requireNonNull(group.acquire(upstream -> true, Set.of(), affinity, now));
    }

    @Test
    void aRequestWaitsForItsOwnUpstream() {
        String one = "{name: a, url: 'http://a', max_concurrent: 1}, {name: b, url: 'http://b', max_concurrent: 1}";
        UpstreamGroup group = snapshots.group(one, BOTH, ", balance: {affinity: {}}");
        Lease home = acquireFor(group, 7);
        acquireFor(group, 7);
        AtomicReference<@Nullable Lease> granted = new AtomicReference<>();
        SlotWait wait = Objects.requireNonNull(group.busy(upstream -> true, Set.of(), 7, now));
        assertThat(wait.start(granted::set)).isTrue();

        home.close(Outcome.SUCCESS, now);

        assertThat(Objects.requireNonNull(granted.get()).upstream()).isSameAs(home.upstream());
    }

    @Test
    void aKeyThatIsSpentIsNotPickedAgain() {
        UpstreamGroup group = snapshots.group(
                "{name: a, url: 'http://a', auth: {type: bearer, keys: [{key: one}, {key: two}]}}", "{name: a}");
        Lease first = acquire(group);

        Lease second = Objects.requireNonNull(group.acquire(upstream -> true, Set.of(first.key()), now));

        assertThat(second.key()).isNotSameAs(first.key());
        assertThat(group.acquire(upstream -> true, Set.of(first.key(), second.key()), now))
                .isNull();
    }

    @Test
    void aRequestThatWaitsForABusyUpstreamGetsTheSlotThatIsGivenBack() {
        UpstreamGroup group = snapshots.group("{name: a, url: 'http://a', max_concurrent: 1}", "{name: a}");
        Lease busy = acquire(group);
        SlotWait wait = Objects.requireNonNull(group.busy(upstream -> true, Set.of(), UpstreamGroup.NO_AFFINITY, now));
        AtomicReference<@Nullable Lease> granted = new AtomicReference<>();
        assertThat(wait.start(granted::set)).isTrue();
        assertThat(granted.get()).isNull();

        busy.close(Outcome.SUCCESS, now);

        assertThat(Objects.requireNonNull(granted.get()).upstream().name()).isEqualTo("a");
        assertThat(wait.cancel()).isFalse();
    }

    @Test
    void aRequestThatStopsWaitingLeavesTheSlotToOthers() {
        UpstreamGroup group = snapshots.group("{name: a, url: 'http://a', max_concurrent: 1}", "{name: a}");
        Lease busy = acquire(group);
        SlotWait wait = Objects.requireNonNull(group.busy(upstream -> true, Set.of(), UpstreamGroup.NO_AFFINITY, now));
        assertThat(wait.start(lease -> {
                    throw new AssertionError("it has left");
                }))
                .isTrue();

        assertThat(wait.cancel()).isTrue();
        busy.close(Outcome.SUCCESS, now);

        assertThat(acquire(group).upstream().name()).isEqualTo("a");
    }

    @Test
    void noUpstreamIsBusyWhereNoneHasALimitOrItIsNotUsable() {
        assertThat(snapshots.group(A, "{name: a}").busy(upstream -> true, Set.of(), UpstreamGroup.NO_AFFINITY, now))
                .isNull();
        UpstreamGroup group = snapshots.group("{name: b, url: 'http://b', max_concurrent: 1}", "{name: b}");
        assertThat(snapshots.upstream("b").found(false)).isTrue();
        assertThat(group.busy(upstream -> true, Set.of(), UpstreamGroup.NO_AFFINITY, now))
                .isNull();
    }

    @Test
    void theLastResortIsTheKeyWhoseTimeIsOverFirst() {
        String auth = ", auth: {type: bearer, token: secret}}";
        UpstreamGroup group =
                snapshots.group("{name: a, url: 'http://a'" + auth + ", {name: b, url: 'http://b'" + auth, BOTH);
        assertThat(group.lastResort(upstream -> true, Set.of(), now))
                .as("keys that are good")
                .isNull();
        Lease a = acquire(group);
        Lease b = acquire(group);
        a.keyRefused(KeyFailure.UNAUTHORIZED, now);
        b.keyRefused(KeyFailure.UNAUTHORIZED, now - 1_000_000_000L);

        Lease last = group.lastResort(upstream -> true, Set.of(), now);

        assertThat(Objects.requireNonNull(last).upstream().name()).isEqualTo("b");
    }

    @Test
    void aChangedUrlForgetsWhatWasKnownOfTheUpstream() {
        snapshots.group(A, "{name: a}");
        assertThat(snapshots.upstream("a").found(false)).isTrue();

        snapshots.group(A, "{name: a}");
        assertThat(snapshots.upstream("a").isWell()).isFalse();
        snapshots.group("{name: a, url: 'http://other'}", "{name: a}");
        assertThat(snapshots.upstream("a").isWell()).isTrue();
    }

    @Test
    void whenToComeBackIsToldOfTheEnabledUpstreamThatIsFirst() {
        UpstreamGroup group =
                snapshots.group(A + "," + B + ", {name: c, url: 'http://c', enabled: false}", BOTH + ", {name: c}");
        acquire(group).coolDown(Duration.ofSeconds(30), now);
        assertThat(group.isCoolingDown(upstream -> true, now)).as("b serves").isFalse();
        acquire(group).coolDown(Duration.ofSeconds(10), now);

        assertThat(group.isCoolingDown(upstream -> true, now)).isTrue();
        assertThat(group.retryAfterNanos(upstream -> true, now)).isEqualTo(10_000_000_000L);
        assertThat(group.retryAfterNanos(upstream -> upstream.name().equals("c"), now))
                .isZero();
    }

    @Test
    void modelsAreToldByNameAndPatternsAreNot() {
        UpstreamGroup all = snapshots.group(A, "{name: a}");
        assertThat(all.distinguishesModels()).isFalse();
        UpstreamGroup some = snapshots.group("{name: a, url: 'http://a', models: [one, two, 'gpt-*']}", "{name: a}");
        assertThat(some.distinguishesModels()).isTrue();
        assertThat(some.modelNames()).containsExactlyInAnyOrder("one", "two");
    }

    private Lease acquire(UpstreamGroup group) {
        return Objects.requireNonNull(group.acquire(upstream -> true, Set.of(), now));
    }

    private List<String> picks(UpstreamGroup group, int count) {
        List<String> names = new ArrayList<>();
        for (int pick = 0; pick < count; pick++) {
            Lease lease = acquire(group);
            names.add(lease.upstream().name());
            lease.close(Outcome.SUCCESS, now);
        }
        return names;
    }
}
