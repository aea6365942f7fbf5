package io.llmproxy.health;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.http.HttpStatus;

/**
 * How a check of an upstream ended.
 *
 * @param success whether the upstream did what it should
 * @param reason for the log: a status or the kind of a failure, nothing that the upstream has said itself
 */
record Finding(boolean success, String reason) {
    static final Finding CONNECTED = new Finding(true, "connected");
    static final Finding TIMEOUT = new Finding(false, "timeout");

    static Finding status(int status) {
        return new Finding(HttpStatus.isSuccess(status), "status " + status);
    }

    static Finding failure(Throwable failure) {
        return new Finding(false, kind(failure));
    }

    private static String kind(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                return "connect timeout";
            }
            if (cause instanceof SSLException) {
                return "TLS error";
            }
            if (cause instanceof ConnectException
                    || cause instanceof UnknownHostException
                    || cause instanceof UnresolvedAddressException) {
                return "connect error";
            }
        }
        return failure instanceof IOException ? "connection lost" : "bad response";
    }
}
