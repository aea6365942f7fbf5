package io.llmproxy.usage;

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
     */
    public record Answer(
            @Nullable String model,
            @Nullable String id,
            @Nullable String serviceTier,
            @Nullable String geo,
            @Nullable String speed,
            @Nullable Money cost) {
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
