package io.llmproxy.it.faults;

import io.llmproxy.testing.Behaviour;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the first of two upstreams does, and what the client has in the end, by default and with tuned settings. */
enum BenchFault {
    F1(Result.WHOLE, Result.WHOLE),
    F2(Result.WHOLE, Result.WHOLE),
    F3(Result.WHOLE, Result.WHOLE),
    F4(Result.WHOLE, Result.WHOLE),
    F5(Result.ERROR, Result.WHOLE),
    F6(Result.WHOLE, Result.WHOLE),
    F7(Result.WHOLE, Result.WHOLE),
    F8(Result.ERROR, Result.ERROR),
    F9(Result.WHOLE, Result.WHOLE),
    F10(Result.WHOLE, Result.WHOLE),
    F11(Result.WHOLE, Result.WHOLE),
    F12(Result.OWN_MISTAKE, Result.OWN_MISTAKE),
    F13(Result.WHOLE, Result.WHOLE),
    F14(Result.ERROR, Result.ERROR),
    F15(Result.WHOLE, Result.WHOLE),
    F16(Result.WHOLE, Result.WHOLE);

    private static final int FLAP = 3;

    private final Result byDefault;
    private final Result tuned;

    /** What a client has of its request. */
    enum Result {
        /** The whole answer, each event once and in order. */
        WHOLE(true),
        /** The error that its own request deserves, at once, and of one call. */
        OWN_MISTAKE(true),
        /** An error in its dialect: it cannot take what it has for the whole answer. */
        ERROR(false);

        private final boolean passed;

        Result(boolean passed) {
            this.passed = passed;
        }
    }

    BenchFault(Result byDefault, Result tuned) {
        this.byDefault = byDefault;
        this.tuned = tuned;
    }

    /** The first upstream, with the fault. */
    Behaviour first() {
        return switch (this) {
            case F1 -> refuses(429, "Retry-After: 3\r\n");
            case F2 -> refuses(429, "");
            case F3 -> refuses(500, "");
            case F4 -> refuses(503, "");
            case F5 -> Behaviour.resets();
            case F6 -> Behaviour.hangs();
            case F7 -> Behaviour.delayed(Stream60.LATE, Stream60.FINE);
            case F8, F14 -> Behaviour.closesMidStream(Stream60.BEGUN);
            case F9 -> Behaviour.pausesMidStream(Stream60.BEGUN, Stream60.LATE, Stream60.REST);
            case F10 -> Behaviour.streams(Duration.ZERO, Stream60.MALFORMED);
            case F11 -> Behaviour.streams(Duration.ZERO, Stream60.WITHOUT_DONE);
            case F12 -> refuses(400, "");
            case F13 -> Behaviour.streams(Duration.ZERO, Stream60.FILTERED);
            case F15 -> flaps();
            case F16 -> refuses(502, "");
        };
    }

    Result byDefault() {
        return byDefault;
    }

    Result tuned() {
        return tuned;
    }

    static long passedByDefault() {
        return Stream.of(values()).filter(fault -> fault.byDefault.passed).count();
    }

    static long passedTuned() {
        return Stream.of(values()).filter(fault -> fault.tuned.passed).count();
    }

    /** The text of an error that the first upstream answers with. */
    static String error(int status) {
        return "{\"error\":{\"message\":\"as the upstream says, %d\"}}".formatted(status);
    }

    private static Behaviour refuses(int status, String headers) {
        return Behaviour.status(status, Scene.JSON + headers, error(status));
    }

    /** Fails three calls, serves three, and so on. */
    private static Behaviour flaps() {
        AtomicInteger calls = new AtomicInteger();
        Behaviour broken = refuses(503, "");
        return new Behaviour("flaps", conversation -> {
            boolean down = calls.getAndIncrement() % (2 * FLAP) < FLAP;
            (down ? broken : Stream60.FINE).script().play(conversation);
        });
    }

    /** A chat stream of sixty events, and what may become of it. */
    static final class Stream60 {
        static final String ROLE =
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}]}\n\n";
        static final List<String> WORDS = IntStream.range(0, 60)
                .mapToObj(
                        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d \"},\"finish_reason\":null}]}\n\n"
                                ::formatted)
                .toList();
        static final List<String> WITHOUT_DONE = list(List.of(ROLE), WORDS, List.of(Scene.STOP));
        static final List<String> WHOLE = list(WITHOUT_DONE, List.of(), List.of(Scene.DONE));
        static final List<String> BEGUN = WHOLE.subList(0, 41);
        static final List<String> REST = WHOLE.subList(41, WHOLE.size());
        static final List<String> MALFORMED = list(BEGUN, List.of("data: {\"choices\":[{\"ind\n\n"), REST);
        static final List<String> FILTERED = list(
                BEGUN,
                List.of("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n"),
                List.of(Scene.DONE));
        static final Behaviour FINE = Behaviour.streams(Duration.ZERO, WHOLE);

        /** Longer than a stream may take with tuned settings, and shorter than by default. */
        static final Duration LATE = Duration.ofMillis(1500);

        /** Answers, but not where it would have to go on with what another has begun. */
        static final Behaviour REFUSES_PREFILL = new Behaviour("refuses a prefill", conversation -> {
            conversation.readBody();
            String body = new String(conversation.request().body(), StandardCharsets.UTF_8);
            (body.contains("assistant") ? refuses(400, "") : FINE).script().play(conversation);
        });

        private Stream60() {}

        private static List<String> list(List<String> begin, List<String> middle, List<String> end) {
            return Stream.of(begin, middle, end).flatMap(List::stream).toList();
        }
    }
}
