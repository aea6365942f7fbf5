package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.anyInstant;
import static io.llmproxy.balance.Balancers.serve;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.llmproxy.balance.Load.Outcome;
import io.llmproxy.config.BalanceConfig.Strategy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LeastLatencyTest {
    private final List<Member> members = Balancers.alike(3);
    private final LoadBalancer balancer = LoadBalancer.of(Strategy.RESPONSE_AWARE, members);
    private long now = anyInstant();

    @Test
    void everyMemberIsTriedBeforeAnyIsPickedAgain() {
        for (int index : new int[] {0, 1, 2}) {
            assertThat(balancer.pick(ALL, now)).isEqualTo(index);
            serve(load(index), now, 10L * (index + 1), Outcome.SUCCESS);
        }
        assertThat(balancer.pick(ALL, now)).isZero();
    }

    @Test
    void aMemberIsTriedEvenWhileOthersAreKnownToBeFast() {
        serve(load(0), now, 1, Outcome.SUCCESS);
        serve(load(1), now, 1, Outcome.SUCCESS);

        assertThat(balancer.pick(ALL, now)).isEqualTo(2);
    }

    @Test
    void whileTheFirstRequestIsOnItsWayTwoSecondsAreAssumed() {
        load(0).started();
        serve(load(1), now, 3999, Outcome.SUCCESS);
        serve(load(2), now, 5000, Outcome.SUCCESS);
        assertThat(balancer.pick(ALL, now)).isEqualTo(1);

        serve(load(1), now, 4050, Outcome.SUCCESS);
        assertThat(balancer.pick(ALL, now)).isZero();
    }

    @Test
    void theFastestIsPickedAgainAndAgain() {
        serveAll(100, 20, 100);

        for (int pick = 0; pick < 50; pick++) {
            assertThat(balancer.pick(ALL, now)).isEqualTo(1);
        }
    }

    @Test
    void requestsInFlightShiftTheLoad() {
        serveAll(110, 20, 300);

        for (int request = 0; request < 6; request++) {
            load(balancer.pick(ALL, now)).started();
        }
        assertThat(inFlight()).containsExactly(1, 5, 0);
    }

    @Test
    void equalsTakeTurns() {
        serveAll(50, 50, 50);
        int[] counts = new int[3];
        for (int pick = 0; pick < 300; pick++) {
            counts[balancer.pick(ALL, now)]++;
        }
        assertThat(counts).containsExactly(100, 100, 100);
    }

    @Test
    void aFastFailureDoesNotAttract() {
        serveAll(100, 100, 100);
        for (int request = 0; request < 5; request++) {
            serve(load(0), now, 1, Outcome.FAILURE);
        }
        for (int pick = 0; pick < 30; pick++) {
            assertThat(balancer.pick(ALL, now)).isNotZero();
        }
    }

    @Test
    void aMemberThatOnlyEverFailedOrHungDoesNotLookNew() {
        serve(load(0), now, 1, Outcome.FAILURE);
        serve(load(1), now, 1, Outcome.NEUTRAL);
        serve(load(2), now, 100, Outcome.SUCCESS);

        assertThat(balancer.pick(ALL, now)).isEqualTo(2);
    }

    @Test
    void anIdleMemberIsTriedAgainOnceInHalfAMinute() {
        serveAll(100, 10, 100);
        serve(load(2), now + 1, 100, Outcome.SUCCESS);
        now += SECONDS.toNanos(30) - 1;
        assertThat(balancer.pick(ALL, now)).isEqualTo(1);
        serve(load(1), now, 10, Outcome.SUCCESS);

        now += 2;
        assertThat(balancer.pick(ALL, now)).isZero();
        serve(load(0), now, 100, Outcome.SUCCESS);
        for (int pick = 0; pick < 9; pick++) {
            assertThat(balancer.pick(ALL, now)).isEqualTo(1);
        }
        assertThat(balancer.pick(ALL, now)).isEqualTo(2);
        serve(load(2), now, 100, Outcome.SUCCESS);
        for (int pick = 0; pick < 30; pick++) {
            assertThat(balancer.pick(ALL, now)).isEqualTo(1);
        }
    }

    @Test
    void aMemberThatRecoveredIsFoundOut() {
        serveAll(300, 100, 100);
        for (int request = 0; request < 5000; request++) {
            now += MILLISECONDS.toNanos(100);
            int picked = balancer.pick(ALL, now);
            serve(load(picked), now, picked == 0 ? 10 : 100, Outcome.SUCCESS);
        }
        assertThat(load(0).responseNanos()).isLessThan(100e6);
    }

    @Test
    void aTrickleOfRequestsIsNotSpentOnTrials() {
        serveAll(2000, 100, 2000);
        int slow = 0;
        for (int request = 0; request < 1000; request++) {
            now += SECONDS.toNanos(60);
            int picked = balancer.pick(ALL, now);
            serve(load(picked), now, picked == 1 ? 100 : 2000, Outcome.SUCCESS);
            slow += picked == 1 ? 0 : 1;
        }
        assertThat(slow).isBetween(50, 100);
    }

    @Test
    void timeToFirstByteIsJudgedApartFromTheWhole() {
        LoadBalancer byFirstByte = LoadBalancer.of(Strategy.TTFT_AWARE, members);
        serveAll(100, 100, 100);
        for (int request = 0; request < 20; request++) {
            load(2).started();
            load(2).responded(MILLISECONDS.toNanos(5));
            load(2).finished(now, MILLISECONDS.toNanos(900), Outcome.SUCCESS);
        }
        for (int pick = 0; pick < 3; pick++) {
            assertThat(byFirstByte.pick(ALL, now)).isEqualTo(2);
            assertThat(balancer.pick(ALL, now)).isNotEqualTo(2);
        }
    }

    @Test
    void onlySelectableMembersArePicked() {
        serveAll(100, 10, 100);

        assertThat(balancer.pick(allBut(1), now)).isIn(0, 2);
        assertThat(balancer.pick(allBut(0, 1), now + SECONDS.toNanos(60))).isEqualTo(2);
        assertThat(balancer.pick(NOBODY, now)).isEqualTo(LoadBalancer.NONE);
    }

    @Test
    void theTurnSurvivesTheOverflowOfItsCounter() {
        serveAll(50, 50, 50);
        LeastLatency old = new LeastLatency(members, Load::responseNanos, Integer.MAX_VALUE - 1);
        int[] counts = new int[3];
        for (int pick = 0; pick < 30; pick++) {
            counts[old.pick(ALL, now)]++;
        }
        assertThat(IntStream.of(counts)).allMatch(count -> count >= 9);
    }

    @Test
    void aSlowMemberAmongManyRequestsGetsFew() {
        Simulation simulation = new Simulation(balancer, members, now, 20, 20, 400);

        int[] counts = simulation.run(40, 20_000);

        assertThat(counts[2]).isPositive().isLessThan(20_000 / 10);
        assertThat(counts[0]).isCloseTo(counts[1], withPercentage(10));
    }

    @Test
    void ofManySomeAreComparedAndAllGetTheirTurn() {
        List<Member> many = Balancers.alike(200);
        LoadBalancer large = LoadBalancer.of(Strategy.RESPONSE_AWARE, many);
        many.forEach(member -> serve(member.load(), now, 100, Outcome.SUCCESS));
        serve(many.get(50).load(), now, 10, Outcome.SUCCESS);

        int[] counts = new int[200];
        int asked = 0;
        for (int pick = 0; pick < 200; pick++) {
            AtomicInteger questions = new AtomicInteger();
            counts[large.pick(index -> questions.incrementAndGet() > 0, now)]++;
            asked = Math.max(asked, questions.get());
        }
        assertThat(counts[50]).as("whenever it is among them").isEqualTo(32);
        assertThat(asked).as("only of the best so far").isLessThanOrEqualTo(2);
        assertThat(large.pick(index -> index == 7, now)).isEqualTo(7);
        assertThat(large.pick(NOBODY, now)).isEqualTo(LoadBalancer.NONE);
    }

    private Load load(int index) {
        return members.get(index).load();
    }

    private void serveAll(long... millis) {
        for (int index = 0; index < millis.length; index++) {
            serve(load(index), now, millis[index], Outcome.SUCCESS);
        }
    }

    private List<Integer> inFlight() {
        return members.stream().map(member -> member.load().inFlight()).toList();
    }
}
