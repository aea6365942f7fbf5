package io.llmproxy.boot;

import io.llmproxy.health.StoreStanding;
import io.llmproxy.store.Head;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a node has come to: which version it serves, which one it tried last, and whether its store answers. Any thread may ask.
 */
final class NodeProgress {
    private final String node;
    private volatile Supplier<StoreStanding.@Nullable Followed> followed = () -> null;
    private final AtomicReference<Step> step =
            new AtomicReference<>(new Step(0, 0, 0, List.of(), null, System.nanoTime(), true));

    private record Step(
            long head,
            long active,
            long tried,
            List<String> nack,
            @Nullable Instant confirmUntil,
            long awayFrom,
            boolean isAway) {
        Step tried(long served, long version, List<String> why) {
            return new Step(head, served, version, List.copyOf(why), confirmUntil, awayFrom, isAway);
        }

        Step answered(Head now) {
            return new Step(now.version(), active, tried, nack, now.confirmUntil(), 0, false);
        }

        Step lost() {
            return isAway ? this : new Step(head, active, tried, nack, confirmUntil, System.nanoTime(), true);
        }
    }

    /** @param node what operators call the node */
    NodeProgress(String node) {
        this.node = node;
    }

    /** Asked for what has come of the database of another system. */
    void follows(Supplier<StoreStanding.@Nullable Followed> another) {
        followed = another;
    }

    /**
     * The store has answered.
     *
     * @return whether it had not before
     */
    boolean answered(Head head) {
        return Objects.requireNonNull(step.getAndUpdate(now -> now.answered(head))).isAway;
    }

    /**
     * The store has not answered.
     *
     * @return whether it had before
     */
    boolean lost() {
        return !Objects.requireNonNull(step.getAndUpdate(Step::lost)).isAway;
    }

    /** A version is served. */
    void serves(long version) {
        step.getAndUpdate(now -> now.tried(version, version, List.of()));
    }

    /** A version is served, in the place of the one that was refused if one was. */
    void startsWith(long version) {
        step.getAndUpdate(now ->
                now.nack.isEmpty() ? now.tried(version, version, now.nack) : now.tried(version, now.tried, now.nack));
    }

    /**
     * A version cannot be served; what was served goes on.
     *
     * @param why a line for each problem
     */
    void refuses(long version, List<String> why) {
        step.getAndUpdate(now -> now.tried(now.active, version, why));
    }

    private Step step() {
        return Objects.requireNonNull(step.get());
    }

    /** Returns how the node stands now. */
    StoreStanding standing() {
        Step now = step();
        Duration away = now.isAway ? Duration.ofNanos(System.nanoTime() - now.awayFrom) : null;
        return new StoreStanding(
                node, now.head, now.active, now.tried, now.nack, away, now.confirmUntil, followed.get());
    }
}
