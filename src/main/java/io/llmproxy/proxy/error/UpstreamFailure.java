package io.llmproxy.proxy.error;

import io.llmproxy.balance.Load;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.http.HttpException;
import org.jspecify.annotations.Nullable;

/** An attempt that brought no whole answer, and why. */
public final class UpstreamFailure extends IOException {
    private static final long serialVersionUID = 1L;

    /** How Jetty's client names HTTP/2's REFUSED_STREAM (RFC 9113, section 8.7): it was not worked on. */
    private static final String REFUSED_STREAM = "refused_stream_error";

    /** How it names a connection of HTTP/2 that said goodbye when a stream was about to be opened on it. */
    private static final String SESSION_CLOSED = "session closed";

    /** How the system names EMFILE. */
    private static final String OUT_OF_DESCRIPTORS = "Too many open files";

    /** How it names EADDRNOTAVAIL, which it gives for a connection if all ports for it are taken. */
    private static final String OUT_OF_PORTS = "Cannot assign requested address";

    private final ProxyError error;

    /** How the client is told in its stream; null if that is still to be written. */
    private final byte @Nullable [] event;

    /** A failure that we brought about ourselves: a deadline passed, or the client left. */
    public UpstreamFailure(ProxyError error) {
        this(error, null, null);
    }

    private UpstreamFailure(ProxyError error, @Nullable Throwable cause) {
        this(error, cause, null);
    }

    private UpstreamFailure(ProxyError error, @Nullable Throwable cause, byte @Nullable [] event) {
        super(error.code(), cause);
        this.error = error;
        this.event = event;
    }

    /**
     * Returns this failure with the event that tells it to the client, whose stream only the one knows who has written it.
     *
     * @param words whole events
     */
    public UpstreamFailure toldBy(byte[] words) {
        return new UpstreamFailure(error, getCause(), words);
    }

    /** Returns the event that tells the client; null if none was written for it. */
    public byte @Nullable [] event() {
        return event;
    }

    public ProxyError error() {
        return error;
    }

    /** What it says about the upstream. */
    public Load.Outcome outcome() {
        return error.blamesUpstream() ? Load.Outcome.FAILURE : Load.Outcome.NEUTRAL;
    }

    /** How far an attempt has come. */
    public enum Progress {
        /** There is no connection yet. */
        NONE,
        /** There is one, and nothing of the request was written to it. */
        CONNECTED,
        /** The head of the request was written. */
        SENDING,
        /** The upstream has said that it has not looked at the request, and will not. */
        LEFT_OUT
    }

    /**
     * Returns what a failure of the HTTP client means.
     *
     * @param cause what the client reports
     * @param progress how far the attempt had come
     */
    public static UpstreamFailure of(Throwable cause, Progress progress) {
        for (Throwable c = cause; c != null; c = c.getCause()) {
            if (c instanceof UpstreamFailure failure) {
                return failure;
            }
            if (isRefusal(c)) {
                return new UpstreamFailure(ProxyError.REFUSED, cause);
            }
            if (isOutOfSockets(c) || c instanceof RejectedExecutionException) {
                return new UpstreamFailure(ProxyError.OVERLOADED, cause);
            }
        }
        if (progress == Progress.LEFT_OUT) {
            return new UpstreamFailure(ProxyError.REFUSED, cause);
        }
        return new UpstreamFailure(
                progress == Progress.NONE ? beforeConnect(cause) : afterConnect(cause, progress), cause);
    }

    /** Whether the upstream says that it has not looked at the request: of this stream, or of all behind a GOAWAY. */
    private static boolean isRefusal(Throwable cause) {
        return cause instanceof RetryableRequestException
                || REFUSED_STREAM.equals(cause.getMessage())
                || SESSION_CLOSED.equals(cause.getMessage());
    }

    /** Whether it is this process that can open no more sockets; the upstream has no part in that. */
    private static boolean isOutOfSockets(Throwable cause) {
        String message = cause.getMessage();
        return cause instanceof IOException
                && message != null
                && (message.startsWith(OUT_OF_DESCRIPTORS) || message.startsWith(OUT_OF_PORTS));
    }

    private static ProxyError beforeConnect(Throwable cause) {
        if (cause instanceof SocketTimeoutException || cause instanceof TimeoutException) {
            return ProxyError.CONNECT_TIMEOUT;
        }
        if (cause instanceof SSLException) {
            return ProxyError.TLS_FAILED;
        }
        return isOfNetwork(cause) || isAnswer(cause) ? ProxyError.CONNECT_FAILED : ProxyError.INTERNAL;
    }

    /** Before anything was written, only what the network or the upstream's own words have brought about is its fault. */
    private static ProxyError afterConnect(Throwable cause, Progress progress) {
        if (cause instanceof SSLException) {
            return ProxyError.TLS_FAILED;
        }
        if (cause instanceof ConnectException
                || cause instanceof UnknownHostException
                || cause instanceof UnresolvedAddressException) {
            return ProxyError.CONNECT_FAILED;
        }
        if (isOfNetwork(cause)) {
            return ProxyError.RESET;
        }
        boolean ours = cause instanceof Error || (progress == Progress.CONNECTED && !isAnswer(cause));
        return ours ? ProxyError.INTERNAL : ProxyError.BAD_RESPONSE;
    }

    private static boolean isOfNetwork(Throwable cause) {
        return cause instanceof IOException || cause instanceof UnresolvedAddressException;
    }

    /** Whether it is about what was answered, by the upstream or a proxy before it. */
    private static boolean isAnswer(Throwable cause) {
        return cause instanceof HttpException || cause instanceof HttpResponseException;
    }

    /** A failure is told by its kind; where it came from is of no use to anybody. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
