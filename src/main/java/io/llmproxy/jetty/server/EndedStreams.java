package io.llmproxy.jetty.server;

import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.Frame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;

/**
 * Ends an HTTP/2 connection whose client sends data on a stream that it has itself ended: nothing that it says can be relied
 * on (RFC 9113, 5.1). Jetty would ignore it, as it has to where the server was the one who ended the stream. Of each connection
 * one thread at a time reads.
 */
final class EndedStreams implements HTTP2Session.FrameListener {
    /** Streams further back are forgotten; a power of two. */
    private static final int REMEMBERED = 64;

    private final int[] ended = new int[REMEMBERED];

    @Override
    public void onIncomingFrame(Session session, Frame frame) {
        if (frame instanceof HeadersFrame headers && headers.isEndStream()) {
            end(headers.getStreamId());
        } else if (frame instanceof ResetFrame reset) {
            end(reset.getStreamId());
        } else if (frame instanceof DataFrame data) {
            receive((HTTP2Session) session, data);
        }
    }

    private void receive(HTTP2Session session, DataFrame data) {
        int stream = data.getStreamId();
        // While it is known, because it is being answered, Jetty refuses the data.
        if (ended[slot(stream)] == stream && session.getStream(stream) == null) {
            session.close(ErrorCode.STREAM_CLOSED_ERROR.code, "stream_closed", Callback.NOOP);
        }
        if (data.isEndStream()) {
            end(stream);
        }
    }

    private void end(int stream) {
        ended[slot(stream)] = stream;
    }

    /** Clients' streams have odd numbers. */
    private static int slot(int stream) {
        return (stream >> 1) & (REMEMBERED - 1);
    }
}
