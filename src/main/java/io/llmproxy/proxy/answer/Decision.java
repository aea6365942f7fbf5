package io.llmproxy.proxy.answer;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Step;
import io.llmproxy.upstream.Candidate;
import io.llmproxy.upstream.UpstreamGroup;
import java.util.LinkedHashSet;
import java.util.Set;

/** Tells a client that asks for it, and whose key may know, where its request went, and why not elsewhere. */
final class Decision {
    private static final String ASKED = "X-LLMProxy-Explain";
    private static final String TOLD = "X-LLMProxy-Decision";
    private static final int LONGEST = 512;

    private Decision() {}

    /** Adds the header to the head of an answer if the client is to have it. */
    static void tell(Exchange exchange) {
        ClientKey key = exchange.clientKey();
        if (key != null
                && key.config().explain()
                && exchange.authFailure() == null
                && "1".equals(exchange.clientRequest().getHeader(ASKED))) {
            exchange.clientResponse().setHeader(TOLD, text(exchange));
        }
    }

    private static String text(Exchange exchange) {
        UpstreamGroup group = exchange.group();
        Set<String> tried = new LinkedHashSet<>();
        for (Step step : exchange.steps()) {
            if (step instanceof Step.Picked picked) {
                picked.candidates().forEach(candidate -> addExcluded(candidate, tried));
            } else if (step instanceof Step.Attempted attempted
                    && attempted.result().upstream() != null) {
                ProxyError failure = attempted.result().failure();
                tried.add(attempted.result().upstream() + ":"
                        + (failure == null ? Integer.toString(attempted.result().status()) : failure.code()));
            }
        }
        String text = "group=" + (group == null ? "-" : group.name())
                + "; upstream=" + (exchange.upstream() == null ? "-" : exchange.upstream())
                + "; attempts=" + exchange.attempts()
                + "; tried=" + (tried.isEmpty() ? "-" : String.join(",", tried));
        return visible(text.length() > LONGEST ? text.substring(0, LONGEST) : text);
    }

    private static void addExcluded(Candidate candidate, Set<String> tried) {
        if (candidate.excluded() != null && !candidate.excluded().equals("tried")) {
            tried.add(candidate.upstream() + ":" + candidate.excluded());
        }
    }

    /** Names of the configuration may be in any letters; those of a header are ASCII. */
    private static String visible(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        text.chars().forEach(letter -> visible.append(letter >= ' ' && letter < 127 ? (char) letter : '?'));
        return visible.toString();
    }
}
