package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.model.Dialect;

/** A request that cannot be converted. It is the client's: 400, and no upstream is asked. Nothing of it is repeated. */
public final class ConversionException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean invalid;
    private final String param;

    private ConversionException(boolean invalid, String param, String message) {
        super(message, null, false, false);
        this.invalid = invalid;
        this.param = param;
    }

    /** Returns the error that a dialect has no words for something. */
    public static ConversionException unsupported(Dialect target, String path, String reason) {
        return new ConversionException(
                false, path, "`" + path + "` cannot be sent to a " + target.word() + " upstream: " + reason);
    }

    /** Returns the error that no other dialect has words for something. */
    public static ConversionException unsupported(String path, String reason) {
        return new ConversionException(
                false, path, "`" + path + "` cannot be sent to an upstream of another dialect: " + reason);
    }

    /** Returns the error that a request is none of its dialect. */
    public static ConversionException invalid(String path, String message) {
        return new ConversionException(true, path, message);
    }

    /** Returns the error that a body is no JSON, or is nested too deep. */
    public static ConversionException invalid(JsonException reason) {
        String message = String.valueOf(reason.getMessage());
        String path = reason.path();
        return new ConversionException(true, path, path.isEmpty() ? "the body is not JSON: " + message : message);
    }

    /** Returns whether the request is none of its own dialect; else the upstream's cannot say it. */
    public boolean isInvalid() {
        return invalid;
    }

    /** Returns the place of what is wrong: {@code messages[3].content}. */
    public String param() {
        return param;
    }
}
