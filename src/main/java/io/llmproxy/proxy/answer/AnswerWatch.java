package io.llmproxy.proxy.answer;

import io.llmproxy.protocol.AnswerEnd;
import io.llmproxy.protocol.ErrorBody;
import io.llmproxy.protocol.JsonLinesEnd;
import io.llmproxy.protocol.StreamEnd;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.passage.EventStreams;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/** Looks on as an answer passes by: whether it comes to its end, and whether it says itself that it is an error. */
final class AnswerWatch {
    private final @Nullable AnswerEnd end;
    private final @Nullable StreamEnd stream;
    private boolean beginning;
    private boolean error;

    private AnswerWatch(@Nullable AnswerEnd end, boolean beginning) {
        this.end = end;
        this.stream = end instanceof StreamEnd events ? events : null;
        this.beginning = beginning;
    }

    /** Returns a watch for the answer whose head has just been written. */
    static AnswerWatch of(Exchange exchange) {
        HttpServletResponse clientResponse = exchange.clientResponse();
        boolean plain = clientResponse.getHeader("Content-Encoding") == null;
        boolean answer = plain
                && exchange.status() == HttpServletResponse.SC_OK
                && !exchange.method().equals("HEAD");
        String type = clientResponse.getContentType();
        boolean stream = EventStreams.isEventStream(type);
        return new AnswerWatch(
                plain ? end(exchange, type, stream, answer) : null,
                !stream
                        && answer
                        && exchange.error() == null
                        && exchange.upstreamEndpoint().isComputed(exchange.method()));
    }

    private static @Nullable AnswerEnd end(Exchange exchange, @Nullable String type, boolean stream, boolean answer) {
        if (!stream) {
            return answer ? JsonLinesEnd.of(exchange.upstreamEndpoint(), type) : null;
        }
        return answer ? StreamEnd.of(exchange.upstreamEndpoint(), exchange.choices()) : StreamEnd.unknown();
    }

    void scan(byte[] bytes, int offset, int length) {
        if (end != null) {
            end.scan(bytes, offset, length);
        }
        if (beginning) {
            beginning = false;
            error = ErrorBody.isError(bytes, offset, length);
        }
    }

    /** Whether it is a stream of events that can be read, and does not only say so. */
    boolean isEventStream() {
        return stream != null && !stream.isPlainJson();
    }

    /** Whether a whole event may be put in here. */
    boolean isBetweenEvents() {
        return stream != null && stream.isBetweenEvents();
    }

    /** Whether it is a stream whose model has stopped. */
    boolean hasStopped() {
        return stream != null && stream.hasStopped();
    }

    /** Whether something is missing at the end, should this be it. */
    boolean isIncomplete() {
        return end != null && !end.seen();
    }

    /** Whether the answer itself says that it is an error, whatever its status is. */
    boolean isError() {
        return error || (end != null && end.failed());
    }
}
