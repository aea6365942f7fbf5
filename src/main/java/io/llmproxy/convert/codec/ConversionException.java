package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;

/** A request that cannot be converted. It is the client's: 400, and no upstream is asked. Nothing of it is repeated. */
public final class ConversionException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String code;
    private final String param;

    /**
     * Makes one.
     *
     * @param code a machine-readable name
     * @param param the place of what is wrong
     */
    public ConversionException(String code, String param, String message) {
        super(message, null, false, false);
        this.code = code;
        this.param = param;
    }

    /** Returns the error that a dialect has no words for something. */
    public static ConversionException unsupported(Dialect target, String path, String reason) {
        return new ConversionException(
                "unsupported_by_upstream",
                path,
                "`" + path + "` cannot be sent to a " + target.word() + " upstream: " + reason);
    }

    /** Returns the error that no other dialect has words for something. */
    public static ConversionException unsupported(String path, String reason) {
        return new ConversionException(
                "unsupported_by_upstream",
                path,
                "`" + path + "` cannot be sent to an upstream of another dialect: " + reason);
    }

    /** Returns the error that a request is none of its dialect. */
    public static ConversionException invalid(String path, String message) {
        return new ConversionException("invalid_request", path, message);
    }

    /** Returns the machine-readable name. */
    public String code() {
        return code;
    }

    /** Returns the place of what is wrong: {@code messages[3].content}. */
    public String param() {
        return param;
    }
}
