package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.ModelReader;
import io.llmproxy.protocol.RequestFacts;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.request.ContainerSide;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a request asks for a stream of events. It is asked only once an answer is late: until then it does not
 * matter, and no body is looked into.
 */
final class StreamQuestion {
    private final Exchange exchange;
    private final ContainerSide container;
    private final RequestBody body;
    private volatile @Nullable Boolean known;

    StreamQuestion(Exchange exchange, ContainerSide container, RequestBody body) {
        this.exchange = exchange;
        this.container = container;
        this.body = body;
    }

    /** Whether the request is known to ask for a stream. Where its body cannot be read it is taken for a plain one. */
    boolean isAsked() {
        Boolean answer = known;
        if (answer == null) {
            answer = exchange.upstreamEndpoint().isStream() || Boolean.TRUE.equals(container.touch(this::inBody));
            known = answer;
        }
        return answer;
    }

    private boolean inBody() {
        String coding = exchange.clientRequest().getHeader("Content-Encoding");
        boolean legible = coding == null || coding.equalsIgnoreCase("identity");
        return legible
                && body.isRepeatable()
                && ModelReader.of(exchange.clientRequest().getContentType()).read(body.collected())
                        instanceof RequestFacts.Read read
                && read.stream();
    }
}
