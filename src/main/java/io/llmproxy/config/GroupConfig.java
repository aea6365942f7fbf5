package io.llmproxy.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A set of upstreams that serve the same requests. */
public record GroupConfig(
        @Setting(value = "Unique name; also a metric label.", required = true)
        String name,

        @Setting(value = "The upstreams of the group, at least one.", required = true)
        List<MemberConfig> upstreams,

        @Setting("How an upstream is picked for a request.") BalanceConfig balance,

        @Setting("How the gateway connects to the upstreams.")
        HttpClientConfig httpClient,

        @Setting(
                value =
                        "Whether an upstream may serve clients of another API, by conversion: `never`, `fallback` where no upstream that speaks the client's API is available, or `always`, like every other upstream.",
                byDefault = "fallback")
        Convert convert,

        @Setting("How requests and answers are converted.") ConversionConfig conversion,

        @Setting("Whether a stream whose first content is late is also requested from a second upstream.") @Nullable HedgeConfig hedge) {
    public GroupConfig {
        upstreams = List.copyOf(upstreams);
    }

    /** The same with other members. */
    public GroupConfig with(List<MemberConfig> members) {
        return new GroupConfig(name, members, balance, httpClient, convert, conversion, hedge);
    }

    /** When an upstream of another API serves a request. */
    public enum Convert {
        NEVER,
        FALLBACK,
        ALWAYS
    }
}
