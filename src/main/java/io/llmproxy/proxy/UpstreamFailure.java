package io.llmproxy.proxy;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.RetryableRequestException;
import org.jspecify.annotations.Nullable;

/** An attempt that brought no whole answer, and why. */
final class UpstreamFailure extends IOException {
    private static final long serialVersionUID = 1L;

    /** How Jetty's client names HTTP/2's REFUSED_STREAM (RFC 9113, section 8.7): it was not worked on. */
    private static final String REFUSED_STREAM = "refused_stream_error";

    /** How it names a connection of HTTP/2 that said goodbye when a stream was about to be opened on it. */
    private static final String SESSION_CLOSED = "session closed";

    /** How the system names EMFILE. */
    private static final String OUT_OF_DESCRIPTORS = "Too many open files";

    private final ProxyError error;

    /** A failure that we brought about ourselves: a deadline passed, or the client left. */
    UpstreamFailure(ProxyError error) {
        this(error, null);
    }

    private UpstreamFailure(ProxyError error, @Nullable Throwable cause) {
        super(error.code(), cause);
        this.error = error;
    }

    ProxyError error() {
        return error;
    }

    /**
     * Returns what a failure of the HTTP client means.
     *
     * @param cause what the client reports
     * @param connected whether a connection had been made
     */
    static UpstreamFailure of(Throwable cause, boolean connected) {
        for (Throwable c = cause; c != null; c = c.getCause()) {
            if (c instanceof UpstreamFailure failure) {
                return failure;
            }
            if (isRefusal(c)) {
                return new UpstreamFailure(ProxyError.REFUSED, cause);
            }
            if (isOutOfDescriptors(c)) {
                return new UpstreamFailure(ProxyError.OVERLOADED, cause);
            }
        }
        return new UpstreamFailure(connected ? afterConnect(cause) : beforeConnect(cause), cause);
    }

    /** Whether the upstream says that it has not looked at the request: of this stream, or of all behind a GOAWAY. */
    private static boolean isRefusal(Throwable cause) {
        return cause instanceof RetryableRequestException
                || REFUSED_STREAM.equals(cause.getMessage())
                || SESSION_CLOSED.equals(cause.getMessage());
    }

    /** Whether it is this process that can open no more sockets; the upstream has no part in that. */
    private static boolean isOutOfDescriptors(Throwable cause) {
        String message = cause.getMessage();
        return cause instanceof IOException && message != null && message.startsWith(OUT_OF_DESCRIPTORS);
    }

    private static ProxyError beforeConnect(Throwable cause) {
        if (cause instanceof SocketTimeoutException) {
            return ProxyError.CONNECT_TIMEOUT;
        }
        return cause instanceof SSLException ? ProxyError.TLS_FAILED : ProxyError.CONNECT_FAILED;
    }

    private static ProxyError afterConnect(Throwable cause) {
        if (cause instanceof SSLException) {
            return ProxyError.TLS_FAILED;
        }
        if (cause instanceof ConnectException
                || cause instanceof UnknownHostException
                || cause instanceof UnresolvedAddressException) {
            return ProxyError.CONNECT_FAILED;
        }
        boolean cut = cause instanceof EOFException || cause instanceof SocketException || cause instanceof IOException;
        return cut ? ProxyError.RESET : ProxyError.BAD_RESPONSE;
    }

    /** A failure is told by its kind; where it came from is of no use to anybody. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
