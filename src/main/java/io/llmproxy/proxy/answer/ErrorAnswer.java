package io.llmproxy.proxy.answer;

import io.llmproxy.protocol.ApiError;
import io.llmproxy.proxy.admission.Cors;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.request.RequestId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;

/** Tells a client that the proxy itself has failed or refused its request, in the dialect that the client speaks. */
public final class ErrorAnswer {
    static final String HEADER = "X-LLMProxy-Error";

    /** Heeded by the clients of OpenAI and Anthropic. */
    public static final String SHOULD_RETRY = "x-should-retry";

    private ErrorAnswer() {}

    /** Writes the answer while the container's thread is still in the filters or the servlet, and ends the exchange. */
    public static void send(Exchange exchange, Refusal refusal) throws IOException {
        sendWhole(exchange, head(exchange, refusal));
    }

    /** Writes the head of the answer, and returns its body as something to relay. */
    public static Content.Source content(Exchange exchange, Refusal refusal) {
        byte[] body = head(exchange, refusal);
        exchange.clientResponse().setContentLength(body.length);
        return new ByteBufferContentSource(ByteBuffer.wrap(body));
    }

    /**
     * Ends the exchange with a body that the container sends when its thread comes back to it. If it were to be sent here and
     * the client took none of it, that thread would wait, and be an event loop perhaps.
     */
    public static void sendWhole(Exchange exchange, byte[] body) throws IOException {
        HttpServletResponse clientResponse = exchange.clientResponse();
        clientResponse.setBufferSize(body.length + 1);
        clientResponse.getOutputStream().write(body);
        exchange.relayed(body, 0, body.length);
        exchange.end();
    }

    /** Returns the event that says that a stream has broken off. */
    static byte[] event(Exchange exchange, ProxyError error) {
        return exchange.dialect().errorEvent(of(exchange, Refusal.of(error)));
    }

    private static byte[] head(Exchange exchange, Refusal refusal) {
        ProxyError error = refusal.error();
        HttpServletResponse clientResponse = exchange.clientResponse();
        int status = exchange.dialect().statusFor(error.status());
        byte[] body = exchange.dialect().errorBody(of(exchange, refusal));
        clientResponse.setStatus(status);
        clientResponse.setContentType("application/json");
        clientResponse.setHeader(RequestId.HEADER, exchange.id());
        clientResponse.setHeader(HEADER, error.code());
        Decision.tell(exchange);
        LimitHeaders.tell(exchange);
        Cors cors = exchange.forward().cors();
        if (cors != null) {
            // Some errors come before the filter, or behind a reset.
            cors.tell(exchange.clientRequest(), clientResponse);
        }
        if (refusal.retryAfterNanos() > 0) {
            clientResponse.setHeader("Retry-After", Long.toString(refusal.retryAfterSeconds()));
        }
        if (status == 401) {
            // HTTP demands one. Of the ways to show a key, this is the one that it knows.
            clientResponse.setHeader("WWW-Authenticate", "Bearer");
        }
        if (error == ProxyError.METHOD_NOT_ALLOWED) {
            // HTTP demands it; a forward may have upstreams that know others.
            clientResponse.setHeader("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        }
        if (refusal.attempted() || error == ProxyError.QUOTA_EXHAUSTED) {
            clientResponse.setHeader(SHOULD_RETRY, "false");
        }
        if (error.leavesBodyUnread() && hasBody(exchange.clientRequest())) {
            clientResponse.setHeader("Connection", "close");
        }
        exchange.answering(status, error);
        return body;
    }

    private static boolean hasBody(HttpServletRequest clientRequest) {
        return clientRequest.getProtocol().equals("HTTP/1.1")
                && (clientRequest.getContentLengthLong() > 0 || clientRequest.getHeader("Transfer-Encoding") != null);
    }

    private static ApiError of(Exchange exchange, Refusal refusal) {
        ProxyError error = refusal.error();
        return new ApiError(
                error.status(),
                error.code(),
                refusal.message(),
                exchange.id(),
                refusal.retryAfterSeconds(),
                refusal.param());
    }
}
