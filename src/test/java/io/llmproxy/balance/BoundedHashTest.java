package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.alike;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.members;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmproxy.balance.Load.Outcome;
import io.llmproxy.testing.Allocation;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BoundedHashTest {
    private static final double BOUND = 1.25;
    private static final int KEYS = 10_000;
    private static final int ROUNDS = 5;

    private static BoundedHash hash(List<Member> members) {
        return new BoundedHash(names(members.size()), members, BOUND);
    }

    private static List<String> names(int size) {
        return IntStream.range(0, size).mapToObj(index -> "upstream-" + index).toList();
    }

    private static int[] homes(BoundedHash hash, IntPredicate selectable) {
        return IntStream.range(0, KEYS).map(key -> hash.pick(key, selectable)).toArray();
    }

    private static int[] counts(int[] homes, int size) {
        int[] counts = new int[size];
        for (int home : homes) {
            counts[home]++;
        }
        return counts;
    }

    private static void start(Member member, int times) {
        for (int request = 0; request < times; request++) {
            member.load().started();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 100})
    void aKeyAlwaysHasTheSameMember(int size) {
        BoundedHash one = hash(alike(size));
        BoundedHash another = hash(alike(size));

        assertThat(homes(one, ALL)).containsExactly(homes(another, ALL));
        assertThat(IntStream.range(0, KEYS).map(one::home)).containsExactly(boxed(homes(one, ALL)));
    }

    private static Integer[] boxed(int[] numbers) {
        return IntStream.of(numbers).boxed().toArray(Integer[]::new);
    }

    @Test
    void equalMembersHaveEquallyManyKeys() {
        for (int count : counts(homes(hash(alike(5)), ALL), 5)) {
            assertThat(count).isCloseTo(KEYS / 5, within(200));
        }
    }

    @Test
    void membersHaveKeysByTheirWeights() {
        int[] counts = counts(homes(hash(members(1, 2, 5)), ALL), 3);

        assertThat(counts[0]).isCloseTo(KEYS / 8, within(200));
        assertThat(counts[1]).isCloseTo(KEYS / 4, within(200));
        assertThat(counts[2]).isCloseTo(5 * KEYS / 8, within(200));
    }

    @Test
    void onlyTheKeysOfAMemberThatGoesMoveAndTheyAreSharedOut() {
        BoundedHash hash = hash(alike(5));
        int[] before = homes(hash, ALL);

        int[] without = homes(hash, allBut(2));

        for (int key = 0; key < KEYS; key++) {
            if (before[key] != 2) {
                assertThat(without[key]).isEqualTo(before[key]);
            }
        }
        int[] counts = counts(without, 5);
        assertThat(counts[2]).isZero();
        assertThat(counts[0]).isCloseTo(KEYS / 4, within(250));
        assertThat(homes(hash, ALL)).as("after it came back").containsExactly(before);
    }

    @Test
    void aMemberThatIsAddedTakesItsShareOfTheKeysAndNoOtherMoves() {
        int[] before = homes(hash(alike(4)), ALL);
        int[] after = homes(hash(alike(5)), ALL);

        int moved = 0;
        for (int key = 0; key < KEYS; key++) {
            if (after[key] != before[key]) {
                assertThat(after[key]).isEqualTo(4);
                moved++;
            }
        }
        assertThat(moved).isCloseTo(KEYS / 5, within(200));
    }

    @Test
    void aMemberKeepsItsKeysWhereverItStands() {
        BoundedHash ab = new BoundedHash(List.of("a", "b"), alike(2), BOUND);
        BoundedHash ba = new BoundedHash(List.of("b", "a"), alike(2), BOUND);

        for (int key = 0; key < 100; key++) {
            assertThat(ab.home(key)).isEqualTo(1 - ba.home(key));
        }
    }

    @Test
    void requestsSpillOverToTheNextMemberWhenTheirOwnIsFull() {
        List<Member> members = alike(5);
        BoundedHash hash = hash(members);
        int home = hash.pick(7, ALL);
        int next = hash.pick(7, allBut(home));
        start(members.get(home), 6);
        for (int index = 0; index < 5; index++) {
            start(members.get(index), index == home ? 0 : 4);
        }
        members.get(next).load().finished(0, 1, Outcome.SUCCESS);

        assertThat(hash.pick(7, ALL))
                .as("with this one 22 are in flight, of which 1.25 / 5 are 5.5")
                .isEqualTo(next);
        assertThat(hash.home(7)).isEqualTo(home);
        members.get(home).load().finished(0, 1, Outcome.SUCCESS);
        assertThat(hash.pick(7, ALL)).as("21 are in flight").isEqualTo(home);
    }

    @Test
    void whatAMemberMayHaveInFlightGoesByItsWeight() {
        List<Member> members = members(1, 3);
        BoundedHash hash = hash(members);
        int key = IntStream.range(0, KEYS)
                .filter(each -> hash.home(each) == 1)
                .findFirst()
                .orElseThrow();
        start(members.get(1), 15);

        assertThat(hash.pick(key, ALL)).as("1.25 × 3 / 4 of 16 is 15").isZero();
        start(members.get(0), 1);
        assertThat(hash.pick(key, ALL)).as("of 17 it is 15.9").isOne();
    }

    @Test
    void requestsOfAMemberThatIsOutDoNotRaiseTheMean() {
        List<Member> members = alike(2);
        BoundedHash hash = hash(members);
        start(members.get(0), 100);

        assertThat(hash.pick(7, allBut(0))).isOne();
        start(members.get(1), 50);
        assertThat(hash.pick(7, allBut(0))).as("it is all that is left").isOne();
    }

    @Test
    void theOnlySelectableMemberIsFoundWhereverItIs() {
        for (int size : new int[] {1, 2, 5, 100}) {
            BoundedHash hash = hash(alike(size));
            for (int only = 0; only < size; only++) {
                int index = only;
                assertThat(hash.pick(only, each -> each == index)).isEqualTo(index);
            }
            assertThat(hash.pick(1, NOBODY)).isEqualTo(LoadBalancer.NONE);
        }
    }

    @Test
    void aMemberIsPickedAlthoughAllHaveJustBecomeFull() {
        List<Member> members = alike(2);
        int[] asked = {0};
        // While it is looked, another thread sends requests to both.
        IntPredicate busy = index -> {
            if (asked[0]++ == 1) {
                members.forEach(member -> start(member, 9));
            }
            return true;
        };

        assertThat(hash(members).pick(7, busy)).isNotEqualTo(LoadBalancer.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 100})
    void picksAllocateNothing(int size) {
        BoundedHash hash = hash(alike(size));
        IntPredicate mostOfThem = index -> index % 10 != 0;
        long[] key = {0};

        assertThat(Allocation.perCall(100_000, () -> hash.pick(key[0]++, mostOfThem)))
                .as("bytes")
                .isZero();
    }

    @Test
    void aPickAmongFiveTakesFarLessThanTheRestOfARequest() {
        assertThat(LongStream.of(nanosOfPicks()).min().orElseThrow())
                .as("nanoseconds; 1000 are allowed on an idle machine")
                .isLessThan(10_000);
    }

    @Tag("measures")
    @Test
    void aPickAmongFiveTakesLessThanAMicrosecond() {
        assertThat(nanosOfPicks()[ROUNDS / 2])
                .as("nanoseconds, the median of rounds")
                .isLessThan(1000);
    }

    /** What a pick takes in each of some rounds, in nanoseconds, sorted. */
    private static long[] nanosOfPicks() {
        BoundedHash hash = hash(alike(5));
        int picks = 1_000_000;
        long[] rounds = new long[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long began = System.nanoTime();
            int sum = 0;
            for (int key = 0; key < picks; key++) {
                sum += hash.pick(key, ALL);
            }
            rounds[round] = (System.nanoTime() - began) / picks;
            assertThat(sum).isPositive();
        }
        Arrays.sort(rounds);
        return rounds;
    }
}
