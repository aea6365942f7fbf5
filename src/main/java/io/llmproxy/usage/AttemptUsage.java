package io.llmproxy.usage;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt used, and how that is known: all that its cost depends on.
 *
 * @param usage the counts
 * @param source where they come from, taken together
 * @param inputSource where the input comes from
 * @param outputSource where the output comes from
 * @param missing why the upstream's counts are missing or not final; null if they are not
 * @param deliveredBytes how many bytes of text the upstream has sent, as characters in UTF-8
 * @param answer what the answer says of itself
 * @param anomalies what is odd about what was reported
 * @param estimate how counts were estimated; null if none was
 */
public record AttemptUsage(
        Usage usage,
        UsageSource source,
        UsageSource inputSource,
        UsageSource outputSource,
        @Nullable UsageMissing missing,
        long deliveredBytes,
        Answer answer,
        Set<UsageAnomaly> anomalies,
        @Nullable Estimate estimate) {

    /** Nothing was used that could cost anything: it was refused, or there was no connection. */
    public static final AttemptUsage NONE = new AttemptUsage(
            Usage.UNKNOWN,
            UsageSource.NONE,
            UsageSource.NONE,
            UsageSource.NONE,
            null,
            0,
            Answer.UNKNOWN,
            Set.of(),
            null);

    /**
     * Returns what an attempt may be billed for that has sent all of its request and has heard nothing: at least what the upstream has read.
     *
     * @param requestBytes how many bytes of text the request has
     * @param ratio how many bytes of text make a token
     * @param because why there is no answer
     */
    public static AttemptUsage unanswered(long requestBytes, TokenRatio ratio, UsageMissing because) {
        Usage input = new Usage.Builder()
                .set(Count.INPUT, ratio.inputTokens(requestBytes))
                .build();
        return new AttemptUsage(
                input,
                UsageSource.ESTIMATED,
                UsageSource.ESTIMATED,
                UsageSource.NONE,
                because,
                0,
                Answer.UNKNOWN,
                Set.of(),
                ratio.estimate());
    }

    /** Whether it is not even known if the upstream has worked. */
    public boolean isMaybeBilled() {
        return source == UsageSource.ESTIMATED && outputSource == UsageSource.NONE;
    }

    /** Returns it with another name for the model that gave the answer. */
    public AttemptUsage answeredBy(String model) {
        Answer named = new Answer(
                model,
                answer.id(),
                answer.serviceTier(),
                answer.geo(),
                answer.speed(),
                answer.cost(),
                answer.finishReasons());
        return new AttemptUsage(
                usage, source, inputSource, outputSource, missing, deliveredBytes, named, anomalies, estimate);
    }

    /** Makes it. */
    public AttemptUsage {
        anomalies = Set.copyOf(anomalies);
    }

    /**
     * What an answer says of itself. What is null is not told.
     *
     * @param model the model that gave it
     * @param id its identifier
     * @param serviceTier the tier that it was served in, in the provider's words
     * @param geo where it was made, in the provider's words
     * @param speed how fast it was made, in the provider's words
     * @param cost what the provider says that it cost
     * @param finishReasons why the model ended, in the provider's words; of several choices, the last one's
     */
    public record Answer(
            @Nullable String model,
            @Nullable String id,
            @Nullable String serviceTier,
            @Nullable String geo,
            @Nullable String speed,
            @Nullable Money cost,
            List<String> finishReasons) {
        /** Copies the list. */
        public Answer {
            finishReasons = List.copyOf(finishReasons);
        }

        /** Makes one that does not say why the model ended. */
        public Answer(
                @Nullable String model,
                @Nullable String id,
                @Nullable String serviceTier,
                @Nullable String geo,
                @Nullable String speed,
                @Nullable Money cost) {
            this(model, id, serviceTier, geo, speed, cost, List.of());
        }

        /** Nothing is told. */
        public static final Answer UNKNOWN = new Answer(null, null, null, null, null, null);
    }

    /**
     * How counts were estimated, so that it can be done again.
     *
     * @param bytesPerInputToken how many bytes of the request's text make a token
     * @param bytesPerOutputToken how many bytes of the answer's text make a token
     * @param learned whether that was learned of reported answers, and is not just assumed
     */
    public record Estimate(double bytesPerInputToken, double bytesPerOutputToken, boolean learned) {}
}
