package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.it.faults.BenchFault.Stream60;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Sixteen faults of the first of two upstreams, each met with the default settings and with those that
 * {@code docs/resilience.md} recommends; both with all times cut to a twentieth or so.
 */
class FailoverBenchIT {
    private static final String DEFAULTS = "bench";
    private static final String TUNED = DEFAULTS + "-tuned";

    private final FaultWorld world = FaultWorld.fresh();

    private Scene scene(Kind kind, String group, BenchFault fault) {
        return world.scene(kind, group).first(fault.first()).second(Stream60.REFUSES_PREFILL);
    }

    /** One stream by default and one with tuned settings. */
    private void holds(Kind kind, BenchFault fault, List<String> events, int othersByDefault, int othersTuned) {
        holds(kind, DEFAULTS, fault, events, othersByDefault, othersTuned);
    }

    private void holds(
            Kind kind, String group, BenchFault fault, List<String> events, int othersByDefault, int othersTuned) {
        Scene byDefault = scene(kind, group, fault);
        assertResult(byDefault.stream(), fault.byDefault(), events);
        byDefault.assertCalls(1, othersByDefault);

        Scene tuned = scene(kind, group + "-tuned", fault);
        assertResult(tuned.stream(), fault.tuned(), events);
        tuned.assertCalls(1, othersTuned);
    }

    /** Another upstream gives the whole answer. */
    private void movesOn(Kind kind, BenchFault fault) {
        holds(kind, fault, Stream60.WHOLE, 1, 1);
    }

    /** The upstream that has the fault is the only one that is asked. */
    private void stays(Kind kind, BenchFault fault, List<String> events) {
        holds(kind, fault, events, 0, 0);
    }

    private static void assertResult(Answer answer, BenchFault.Result result, List<String> events) {
        switch (result) {
            case WHOLE -> {
                assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
                assertThat(answer.whole()).isTrue();
                assertThat(withoutComments(answer)).isEqualTo(String.join("", events));
            }
            case OWN_MISTAKE -> {
                assertThat(answer.status()).isBetween(400, 499);
                assertThat(answer.text()).isEqualTo(BenchFault.error(answer.status()));
            }
            case ERROR -> {
                assertThat(answer.text())
                        .as(answer.toString())
                        .contains("\"error\"")
                        .doesNotContain("[DONE]");
                assertThat(answer.status()).isIn(200, 502, 504);
            }
        }
    }

    /** Heartbeats say nothing to a client. */
    private static String withoutComments(Answer answer) {
        return answer.text().replaceAll("(?m)^:[^\n]*\n\n?", "");
    }

    @Test
    void mostFaultsPassAndTheOthersAreTold() {
        assertThat(BenchFault.values()).hasSize(16);
        assertThat(BenchFault.passedByDefault()).isGreaterThanOrEqualTo(12);
        assertThat(BenchFault.passedTuned()).isGreaterThanOrEqualTo(14);
    }

    @Fault("F1")
    void tooManyRequestsWithATime(Kind kind) {
        holds(kind, "bench-limited", BenchFault.F1, Stream60.WHOLE, 1, 1);
    }

    @Fault("F2")
    void tooManyRequests(Kind kind) {
        holds(kind, "bench-busy", BenchFault.F2, Stream60.WHOLE, 1, 1);
    }

    @Fault("F3")
    void anInternalError(Kind kind) {
        movesOn(kind, BenchFault.F3);
    }

    @Fault("F4")
    void unavailable(Kind kind) {
        movesOn(kind, BenchFault.F4);
    }

    @Fault("F5")
    void aReset(Kind kind) {
        // On a connection that was used before, it would be tried again first: see U6.
        world.first.dropConnections();
        holds(kind, BenchFault.F5, Stream60.WHOLE, 0, 1);
    }

    @Fault("F6")
    void noAnswer(Kind kind) {
        movesOn(kind, BenchFault.F6);
    }

    @Fault("F7")
    void aHeadThatComesLate(Kind kind) {
        holds(kind, BenchFault.F7, Stream60.WHOLE, 0, 1);
    }

    @Fault("F7")
    void aRoleAtOnceAndWordsThatComeLate(Kind kind) {
        Behaviour late = Behaviour.pausesMidStream(
                List.of(Stream60.ROLE), Stream60.LATE, Stream60.WHOLE.subList(1, Stream60.WHOLE.size()));
        Scene byDefault = world.scene(kind, DEFAULTS).first(late).second(Stream60.FINE);
        assertResult(byDefault.stream(), BenchFault.F7.byDefault(), Stream60.WHOLE);
        byDefault.assertCalls(1, 0);

        Scene tuned = world.scene(kind, TUNED).first(late).second(Stream60.FINE);
        assertResult(tuned.stream(), BenchFault.F7.tuned(), Stream60.WHOLE);
        tuned.assertCalls(1, 1);
        assertThat(tuned.arrived().awaitAborted(Duration.ofSeconds(1))).isTrue();
    }

    @Fault("F8")
    void aCutAfterFortyEvents(Kind kind) {
        stays(kind, BenchFault.F8, Stream60.BEGUN);
    }

    @Fault("F9")
    void aPauseAfterFortyEvents(Kind kind) {
        stays(kind, BenchFault.F9, Stream60.WHOLE);
    }

    @Fault("F10")
    void anEventThatIsNoJson(Kind kind) {
        stays(kind, BenchFault.F10, Stream60.MALFORMED);
    }

    @Fault("F11")
    void noDoneAtTheEnd(Kind kind) {
        stays(kind, BenchFault.F11, Stream60.WITHOUT_DONE);
    }

    @Fault("F12")
    void aPromptThatIsTooLong(Kind kind) {
        stays(kind, BenchFault.F12, List.of());
    }

    @Fault("F13")
    void anAnswerThatIsFiltered(Kind kind) {
        stays(kind, BenchFault.F13, Stream60.FILTERED);
    }

    @Fault("F14")
    void aCutWhereTheOtherUpstreamRefusesAPrefill(Kind kind) {
        stays(kind, BenchFault.F14, Stream60.BEGUN);
    }

    @Fault("F15")
    void anUpstreamThatComesAndGoes(Kind kind) {
        for (String group : List.of(DEFAULTS, TUNED)) {
            Scene scene = scene(kind, group, BenchFault.F15);
            for (int stream = 0; stream < 18; stream++) {
                assertResult(scene.stream(), BenchFault.Result.WHOLE, Stream60.WHOLE);
            }
            scene.assertCalls(18, 9);
        }
    }

    @Fault("F16")
    void whatIsCounted(Kind kind) {
        for (String group : List.of(DEFAULTS, TUNED)) {
            Scene scene = scene(kind, group, BenchFault.F16);

            assertResult(scene.stream(), BenchFault.Result.WHOLE, Stream60.WHOLE);

            scene.assertCalls(1, 1);
            scene.assertUpstreamErrors("a", "upstream_error", 1);
            scene.assertUpstreamErrors("b", "upstream_error", 0);
            scene.assertBreaker("a", 0, 1);
            scene.assertBreaker("b", 1, 0);
            scene.assertCounted(1, "llmproxy_retries_total", "group=\"" + group + "\"");
            scene.assertClientErrors("upstream_error", 502, 0);
        }
    }
}
