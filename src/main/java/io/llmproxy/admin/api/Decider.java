package io.llmproxy.admin.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides where a request would go, and sends nothing. */
@FunctionalInterface
public interface Decider {
    /** Decides; null if there is no such forward. */
    @Nullable Decision decide(Question question);

    /**
     * A request that is only thought of.
     *
     * @param forward name of the forward
     * @param path without query
     * @param method of the request
     * @param host that the client asks; null if it does not say
     * @param headers by name
     * @param model that is asked for; null for none
     * @param key name of the client's key; null for none
     */
    record Question(
            String forward,
            String path,
            String method,
            @Nullable String host,
            Map<String, String> headers,
            @Nullable String model,
            @Nullable String key) {
        /** Copies the headers. */
        public Question {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * What would become of the request.
     *
     * @param keyKnown whether the forward knows a key of the name; else nothing was decided
     * @param rule that it would go by; null if it would not come that far
     * @param group that it would go to; null likewise
     * @param endpoint what it is for
     * @param status of the refusal; 0 if it would be sent
     * @param code of the refusal; null if it would be sent
     * @param message of the refusal
     * @param candidates the first upstreams of the group
     */
    record Decision(
            boolean keyKnown,
            @Nullable String rule,
            @Nullable String group,
            String endpoint,
            int status,
            @Nullable String code,
            String message,
            List<Candidate> candidates) {
        /** Copies the list. */
        public Decision {
            candidates = List.copyOf(candidates);
        }
    }

    /**
     * An upstream, as it stands for the request.
     *
     * @param upstream its name
     * @param excluded why it would not be chosen; null if it may be
     * @param inFlight requests that it is working on
     * @param weight its weight
     * @param model that it would be asked for; null if none is
     * @param converts whether the request would be converted for it
     */
    record Candidate(
            String upstream,
            @Nullable String excluded,
            int inFlight,
            int weight,
            @Nullable String model,
            boolean converts) {}
}
