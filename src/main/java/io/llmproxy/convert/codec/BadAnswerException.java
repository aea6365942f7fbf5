package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Fault;

/** What an upstream sent is no answer, or an error where an answer was promised. */
public final class BadAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Fault fault;

    /** Makes one that tells an error of the upstream. */
    public BadAnswerException(Fault fault) {
        super(fault.message(), null, false, false);
        this.fault = fault;
    }

    /** Makes one for an answer that is none. */
    public BadAnswerException(String message) {
        this(Fault.of(Fault.Cause.BAD_ANSWER, 502, message));
    }

    /** Returns the error that the client is told. */
    public Fault fault() {
        return fault;
    }
}
