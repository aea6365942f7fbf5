package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.RetryConfig;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Verdict;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class RecoveryTest {
    private static final RetryConfig ROUNDS = new RetryConfig(3, Duration.ofMillis(500), false);

    /** Written as {@code gone repeatable another attempts rounds cooling budget}. */
    private static Recovery.Outlook outlook(String words) {
        String[] word = words.strip().split(" +", -1);
        return new Recovery.Outlook(
                word[0].equals("gone"),
                word[1].equals("kept"),
                word[2].equals("another"),
                Integer.parseInt(word[3]),
                Integer.parseInt(word[4]),
                Long.parseLong(word[5]) * 1_000_000,
                word[6].equals("budget"));
    }

    private static RetryPolicy policy(boolean rounds) {
        return RetryPolicy.of("POST", Endpoint.CHAT, rounds ? ROUNDS : null);
    }

    private static Next after(Setback setback, boolean rounds, Recovery.Outlook outlook) {
        return Recovery.after(setback, policy(rounds), outlook, new Random(1));
    }

    private static String told(Next next) {
        return next.getClass().getSimpleName() + " " + next.because().word();
    }

    private static Setback setback(String word) {
        return switch (word) {
            case "unreachable" -> new Setback.Failed(ProxyError.CONNECT_FAILED, false, false);
            case "reset" -> new Setback.Failed(ProxyError.RESET, true, false);
            case "silent" -> new Setback.Failed(ProxyError.FIRST_BYTE_TIMEOUT, true, true);
            case "broken" -> new Setback.Failed(ProxyError.INTERNAL, false, false);
            case "full" -> new Setback.Failed(ProxyError.OVERLOADED, false, false);
            case "unreadable" -> new Setback.Unreadable();
            case "key" -> new Setback.KeyRefused();
            case "elsewhere" -> new Setback.NotThere(false);
            case "unsure" -> new Setback.NotThere(true);
            case "unconvertible" -> new Setback.Unconvertible(false, "no", null);
            case "invalid" -> new Setback.Unconvertible(true, "no", null);
            case "advised" -> new Setback.Answered(409, "true");
            case "unadvised" -> new Setback.Answered(503, "false");
            default -> new Setback.Answered(Integer.parseInt(word), null);
        };
    }

    /** The columns: what went wrong, whether rounds are configured, what can be done, what follows and why. */
    @ParameterizedTest
    @CsvSource({
        // Another upstream is free.
        "unreachable,   false, here kept another 1 0 0 budget,     Send not_worked_on",
        "reset,         false, here kept another 1 0 0 budget,     Refuse may_be_worked_on",
        "silent,        false, here kept another 1 0 0 budget,     Send silent_stream",
        "broken,        false, here kept another 1 0 0 budget,     Refuse not_the_upstream",
        "full,          false, here kept another 1 0 0 budget,     TurnAway not_the_upstream",
        "503,           false, here kept another 1 0 0 budget,     Send upstream_failed",
        "500,           false, here kept another 1 0 0 budget,     Send upstream_failed",
        "429,           true,  here kept another 1 0 0 budget,     Send upstream_failed",
        "404,           true,  here kept another 1 0 0 budget,     PassOn final_answer",
        "advised,       false, here kept another 1 0 0 budget,     Send advised",
        "unadvised,     true,  here kept another 1 0 0 budget,     PassOn advised_against",
        "unreadable,    false, here kept another 1 0 0 budget,     Send upstream_failed",
        "key,           false, here kept another 1 0 0 budget,     Send key_refused",
        "unconvertible, false, here kept another 1 0 0 budget,     Send unconvertible",
        "invalid,       true,  here kept another 1 0 0 budget,     Refuse final_answer",
        "elsewhere,     false, here kept another 1 0 0 budget,     Send not_there",
        // More upstreams than attempts are configured: the first round asks all of them.
        "503,           true,  here kept another 9 0 0 budget,     Send upstream_failed",
        "503,           true,  here kept another 3 1 0 budget,     Send upstream_failed",
        "503,           true,  here kept another 4 1 0 budget,     PassOn attempts_used_up",
        "key,           true,  here kept another 4 1 0 budget,     Refuse attempts_used_up",
        // The budget.
        "503,           false, here kept another 1 0 0 broke,      PassOn over_budget",
        "unreachable,   true,  here kept another 1 0 0 broke,      Refuse over_budget",
        "503,           true,  here kept none 1 0 0 broke,         PassOn over_budget",
        // No other upstream is free.
        "503,           false, here kept none 1 0 0 budget,        PassOn no_other_upstream",
        "503,           true,  here kept none 1 0 0 budget,        Pause upstream_failed",
        "unreachable,   true,  here kept none 3 2 0 budget,        Pause not_worked_on",
        "unreachable,   true,  here kept none 4 2 0 budget,        Refuse attempts_used_up",
        "unreadable,    true,  here kept none 1 0 0 budget,        Pause upstream_failed",
        "unreadable,    false, here kept none 1 0 0 budget,        Refuse no_other_upstream",
        "reset,         true,  here kept none 1 0 0 budget,        Refuse may_be_worked_on",
        "key,           true,  here kept none 1 0 0 budget,        Refuse no_other_upstream",
        "unconvertible, true,  here kept none 1 0 0 budget,        Refuse no_other_upstream",
        "elsewhere,     true,  here kept none 1 0 0 budget,        PassOn no_other_upstream",
        "unsure,        true,  here kept none 1 0 0 budget,        Refuse no_other_upstream",
        "429,           true,  here kept none 1 0 30000 budget,    Pause upstream_failed",
        "429,           true,  here kept none 1 0 30001 budget,    PassOn cooling_down",
        // Nothing can be sent again.
        "503,           true,  here lost another 1 0 0 budget,     PassOn body_not_kept",
        "unreachable,   true,  here lost none 1 0 0 budget,        Refuse body_not_kept",
        "404,           true,  here lost none 1 0 0 budget,        PassOn final_answer",
        "503,           true,  gone kept another 1 0 0 budget,     PassOn client_gone",
        "unreachable,   true,  gone lost none 1 0 0 broke,         Refuse client_gone",
        "key,           true,  gone kept another 1 0 0 budget,     Refuse client_gone",
        "full,          true,  gone kept another 1 0 0 budget,     TurnAway client_gone",
    })
    void whatFollowsASetbackHasOneReason(String setback, boolean rounds, String outlook, String next) {
        assertThat(told(after(setback(setback), rounds, outlook(outlook)))).isEqualTo(next);
    }

    @Test
    void aPauseIsAsLongAsAllUpstreamsAreCoolingDown() {
        Next next = after(setback("429"), true, outlook("here kept none 1 0 20000 budget"));

        assertThat(next)
                .isEqualTo(new Next.Pause(
                        Verdict.UPSTREAM_FAILED, Duration.ofSeconds(20).toNanos()));
    }

    @Test
    void aPauseIsWithinTheBoundOfItsRound() {
        Next first = after(setback("503"), true, outlook("here kept none 1 0 0 budget"));
        Next second = after(setback("503"), true, outlook("here kept none 2 1 0 budget"));

        assertThat(((Next.Pause) first).nanos())
                .isBetween(0L, Duration.ofMillis(500).toNanos());
        assertThat(((Next.Pause) second).nanos())
                .isBetween(0L, Duration.ofSeconds(1).toNanos());
    }

    @Test
    void theUpstreamThatAnotherRequestTookIsMissedAsIfItHadNotBeenFree() {
        Recovery.Outlook outlook = outlook("here kept another 1 0 0 budget");

        assertThat(told(after(setback("503"), false, outlook))).isEqualTo("Send upstream_failed");
        assertThat(told(after(setback("503"), false, outlook.withoutAnother()))).isEqualTo("PassOn no_other_upstream");
    }

    @ParameterizedTest
    @CsvSource({
        "CONNECT_TIMEOUT, CONNECT_TIMEOUT, true",
        "SHUTTING_DOWN, SHUTTING_DOWN, false",
        "STALLED, STALLED, true",
    })
    void aRefusalTellsTheFailureAndWhetherAskingAgainHelps(ProxyError failure, ProxyError error, boolean attempted) {
        Next next = after(new Setback.Failed(failure, true, false), false, outlook("here kept none 1 0 0 budget"));

        assertThat(((Next.Refuse) next).refusal()).isEqualTo(new Refusal(error, 0, attempted));
    }

    @Test
    void whatCannotBeConvertedIsToldInTheWordsOfTheConversion() {
        Next next = after(setback("invalid"), false, outlook("here kept none 1 0 0 budget"));

        assertThat(((Next.Refuse) next).refusal()).isEqualTo(Refusal.of(ProxyError.INVALID_REQUEST, "no"));
    }

    @Test
    void aKeyThatIsRefusedIsTheGatewaysFault() {
        Next next = after(setback("key"), false, outlook("here kept none 1 0 0 budget"));

        assertThat(((Next.Refuse) next).refusal()).isEqualTo(new Refusal(ProxyError.UPSTREAM_AUTH, 0, true));
    }

    @ParameterizedTest
    @EnumSource(Verdict.class)
    void aReasonIsOneWordInLowerCase(Verdict verdict) {
        assertThat(verdict.word()).matches("[a-z]+(_[a-z]+)*");
    }

    @ParameterizedTest
    @CsvSource({
        "REFUSED, false, false, 0, true",
        "REFUSED, false, false, 1, false",
        "REFUSED, false, true, 3, true",
        "REFUSED, false, true, 4, false",
        "RESET, true, false, 0, true",
        "RESET, true, false, 1, false",
        "RESET, false, false, 0, false",
        "CONNECT_FAILED, true, false, 0, false",
        "FIRST_BYTE_TIMEOUT, true, true, 0, false",
    })
    void aConnectionIsReplacedIfItAloneIsToBlame(
            ProxyError failure, boolean unworked, boolean goodbye, int replacements, boolean replaced) {
        assertThat(Recovery.replacesConnection(failure, unworked, goodbye, replacements))
                .isEqualTo(replaced);
    }
}
