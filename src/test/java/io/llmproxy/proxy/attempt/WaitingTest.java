package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WaitingTest {
    private final List<String> heard = new ArrayList<>();
    private final Waiting waiting = new Waiting();

    private Waiting.Wait inLine() {
        return waiting.inLine(0, Duration.ofNanos(10), () -> heard.add("over"), () -> heard.add("left"));
    }

    @Test
    void goesOnWhenTheTimeIsOverAndOnlyOnce() {
        inLine();

        waiting.check(9);
        assertThat(waiting.isWaiting()).isTrue();
        waiting.check(10);
        waiting.check(11);

        assertThat(heard).containsExactly("left", "over");
        assertThat(waiting.isWaiting()).isFalse();
    }

    @Test
    void onlyOneEndsIt() {
        inLine();

        assertThat(waiting.end()).isTrue();
        assertThat(waiting.end()).isFalse();
        assertThat(waiting.giveUp()).isFalse();
        waiting.check(100);
        assertThat(heard).isEmpty();
    }

    @Test
    void givingUpLeavesTheLine() {
        inLine();

        assertThat(waiting.giveUp()).isTrue();
        assertThat(waiting.end()).isFalse();
        assertThat(heard).containsExactly("left");
    }

    @Test
    void whoComesTooLateEndsNoLaterWait() {
        Waiting.Wait first = inLine();
        waiting.check(10);
        Waiting.Wait second = inLine();

        assertThat(waiting.end(first)).isFalse();
        assertThat(waiting.isWaiting()).isTrue();
        assertThat(waiting.end(second)).isTrue();
        assertThat(waiting.isWaiting()).isFalse();
    }

    @Test
    void aLateValueEndsNoLaterWait() {
        CompletableFuture<String> late = new CompletableFuture<>();
        new FutureWait<String>(waiting, Duration.ofNanos(1))
                .start(late, (value, failure) -> heard.add(failure == null ? "value" : "none"), () -> {});
        waiting.check(System.nanoTime() + 1);
        inLine();
        late.complete("value");

        assertThat(heard).containsExactly("none");
        assertThat(waiting.isWaiting()).isTrue();
    }

    @Test
    void itCanWaitAgainForATime() {
        inLine();
        waiting.end();

        waiting.until(Long.MIN_VALUE + 5, () -> heard.add("again"));
        waiting.check(Long.MAX_VALUE);
        assertThat(heard).isEmpty();
        waiting.check(Long.MIN_VALUE + 5);
        assertThat(heard).containsExactly("again");
    }
}
