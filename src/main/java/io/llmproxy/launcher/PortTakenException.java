package io.llmproxy.launcher;

import io.llmproxy.boot.RootCause;

/** A listener could not be opened. */
final class PortTakenException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    PortTakenException(String listener, String address, int port, Throwable cause) {
        super(listener + ": cannot listen on " + address + ":" + port + " (" + RootCause.of(cause) + ")", cause);
    }
}
