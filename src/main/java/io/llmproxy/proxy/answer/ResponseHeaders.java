package io.llmproxy.proxy.answer;

import io.llmproxy.proxy.admission.Cors;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.passage.Answer;
import io.llmproxy.proxy.passage.EventStreams;
import io.llmproxy.proxy.request.HopByHop;
import io.llmproxy.proxy.request.RequestId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;

/** Writes the head of an upstream's answer for the client: as it came, without the headers of the upstream's connection. */
public final class ResponseHeaders {
    private static final String OURS = "x-llmproxy-";
    private static final String CONVERSION = "x-llmproxy-conversion";
    private static final String UPSTREAM_ID = "x-llmproxy-upstream-id";
    private static final String ESTIMATE = "x-llmproxy-estimate";
    private static final String UPSTREAM_REQUEST_ID = "X-Upstream-Request-Id";

    /** Some events at a time. Jetty keeps a buffer of this length for as long as a stream is open, 32 KiB by default. */
    private static final int STREAM_BUFFER = 2 * 1024;

    /** Written by some containers unasked; the upstream's take their place. */
    private static final Set<String> CONTAINERS = Set.of("date", "server");

    private ResponseHeaders() {}

    public static HttpServletResponse copy(Answer answer, Exchange exchange) {
        HttpServletResponse clientResponse = exchange.clientResponse();
        clientResponse.setStatus(answer.status());
        boolean limitsAreOurs = LimitHeaders.speaks(exchange);
        boolean corsIsOurs = exchange.forward().cors() != null;
        Set<String> named = HopByHop.namedIn(answer.headers().getValuesList("Connection"));
        for (HttpField field : answer.headers()) {
            String name = field.getName();
            String lower = name.toLowerCase(Locale.ROOT);
            String value = field.getValue() == null ? "" : field.getValue();
            if (isOurs(lower)
                    || (lower.equals("content-length") && (answer.changed() || hasNoContent(answer)))
                    || (limitsAreOurs && LimitHeaders.isOne(lower))
                    || (corsIsOurs && Cors.isAnswerHeader(lower))) {
                continue;
            }
            if (lower.equals("x-request-id")) {
                keepForeignId(clientResponse, value, exchange.id());
            } else if (CONTAINERS.contains(lower)) {
                clientResponse.setHeader(name, value);
            } else if (!HopByHop.contains(lower) && !named.contains(lower)) {
                clientResponse.addHeader(name, value);
            }
        }
        clientResponse.setHeader(RequestId.HEADER, exchange.id());
        Decision.tell(exchange);
        LimitHeaders.tell(exchange);
        if (answer.conversion() != null) {
            clientResponse.setHeader(CONVERSION, answer.conversion());
        }
        if (answer.upstreamId() != null) {
            clientResponse.setHeader(UPSTREAM_ID, answer.upstreamId());
        }
        if (answer.estimate() != null) {
            clientResponse.setHeader(ESTIMATE, answer.estimate());
        }
        if (answer.length() >= 0) {
            clientResponse.setContentLengthLong(answer.length());
        }
        if (endsWithConnectionOfJetty(exchange.clientRequest())
                && !hasNoContent(answer)
                && !clientResponse.containsHeader("Content-Length")) {
            clientResponse.setHeader("Transfer-Encoding", "chunked");
        }
        if (EventStreams.isEventStream(answer.headers())) {
            clientResponse.setHeader("X-Accel-Buffering", "no");
            clientResponse.setBufferSize(STREAM_BUFFER);
        }
        return clientResponse;
    }

    /** An upstream that sends what we tell clients by would speak in our name. */
    private static boolean isOurs(String name) {
        return name.startsWith(OURS) || name.equals("x-upstream-request-id");
    }

    /** Whether a length in the head says nothing, as none can follow; containers wait for what it promises. */
    private static boolean hasNoContent(Answer answer) {
        int status = answer.status();
        return status == HttpServletResponse.SC_NO_CONTENT || status == HttpServletResponse.SC_RESET_CONTENT;
    }

    /**
     * Whether Jetty would end an answer without length by closing the connection, as the client does not keep it. That is how a cut
     * looks, too; chunks tell one from the other. Other containers send chunks by themselves.
     */
    private static boolean endsWithConnectionOfJetty(HttpServletRequest clientRequest) {
        String connection = clientRequest.getHeader("Connection");
        return connection != null
                && connection.toLowerCase(Locale.ROOT).contains("close")
                && clientRequest.getProtocol().equals("HTTP/1.1")
                && clientRequest.getServletContext().getServerInfo().startsWith("jetty");
    }

    /** The client knows the exchange by our id; the upstream's own is what its support asks for. */
    private static void keepForeignId(HttpServletResponse clientResponse, String foreign, String ours) {
        if (!foreign.equals(ours)) {
            clientResponse.addHeader(UPSTREAM_REQUEST_ID, foreign);
        }
    }
}
