package io.llmproxy.usage;

import io.llmproxy.protocol.UsageShape;
import io.llmproxy.usage.UsageReader.Ended;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides how far the counts of an answer that has ended are to be trusted, and estimates what is missing.
 *
 * @param told what the upstream told
 * @param running whether it was told of the whole answer so far, and not only of its beginning
 * @param finished whether the model had ended
 * @param textBytes how many bytes of text the upstream has sent
 * @param illegible why the answer could not be read; null if it could
 */
record Settlement(
        UsageShape shape,
        Usage told,
        Ended ended,
        boolean running,
        boolean finished,
        long textBytes,
        @Nullable UsageMissing illegible) {
    AttemptUsage settle(long requestBytes, TokenRatio ratio, AttemptUsage.Answer answer, Set<UsageAnomaly> anomalies) {
        UsageSource input = input(requestBytes);
        UsageSource output = output();
        boolean estimated = input == UsageSource.ESTIMATED || output == UsageSource.ESTIMATED;
        return new AttemptUsage(
                estimated ? estimated(input, output, requestBytes, ratio) : told,
                together(input, output),
                input,
                output,
                missing(input, output),
                textBytes,
                answer,
                anomalies,
                estimated ? ratio.estimate() : null);
    }

    private Usage estimated(UsageSource input, UsageSource output, long requestBytes, TokenRatio ratio) {
        Usage.Builder usage = told.toBuilder();
        if (input == UsageSource.ESTIMATED) {
            usage.set(Count.INPUT, ratio.inputTokens(requestBytes));
        }
        if (output == UsageSource.ESTIMATED) {
            usage.set(Count.OUTPUT, Math.max(told.get(Count.OUTPUT, 0), ratio.outputTokens(textBytes)));
        }
        return usage.build();
    }

    /** The input is known from the beginning where it is told at all. */
    private UsageSource input(long requestBytes) {
        if (told.knows(Count.INPUT) || isMeasuredOtherwise()) {
            return UsageSource.REPORTED;
        }
        return requestBytes < 0 ? UsageSource.NONE : UsageSource.ESTIMATED;
    }

    private UsageSource output() {
        if (isMeasuredOtherwise()) {
            return UsageSource.REPORTED;
        }
        if (!told.knows(Count.OUTPUT)) {
            return UsageSource.ESTIMATED;
        }
        if (ended == Ended.COMPLETE || finished) {
            return UsageSource.REPORTED;
        }
        return switch (shape) {
            // What it begins with is no more than a few tokens.
            case MESSAGES -> running ? UsageSource.PARTIAL : UsageSource.ESTIMATED;
            // These count on with each event.
            case GEMINI, CHAT -> UsageSource.PARTIAL;
            default -> UsageSource.REPORTED;
        };
    }

    /** Seconds of sound and images are billed as such. */
    private boolean isMeasuredOtherwise() {
        return !told.knows(Count.INPUT) && (told.knows(Count.SECONDS) || told.knows(Count.IMAGES));
    }

    private static UsageSource together(UsageSource input, UsageSource output) {
        if (input == output) {
            return input;
        }
        boolean estimatedOnly = input.compareTo(UsageSource.PARTIAL) > 0 && output.compareTo(UsageSource.PARTIAL) > 0;
        return estimatedOnly ? UsageSource.ESTIMATED : UsageSource.PARTIAL;
    }

    private @Nullable UsageMissing missing(UsageSource input, UsageSource output) {
        if (input == UsageSource.REPORTED && output == UsageSource.REPORTED) {
            return null;
        }
        return switch (ended) {
            case CUT -> UsageMissing.CUT;
            case CLIENT_GONE -> UsageMissing.CLIENT_GONE;
            case HEDGE_LOST -> UsageMissing.HEDGE_LOST;
            case COMPLETE -> illegible == null ? UsageMissing.NOT_OFFERED : illegible;
        };
    }
}
