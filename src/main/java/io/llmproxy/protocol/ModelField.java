package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * The model that a request's body names, and where.
 *
 * @param name the name, without escapes
 * @param start the number of bytes of the body before the value, which in JSON begins with its quote
 * @param end the number of bytes of the body up to and with the value
 * @param notation how the value is written
 */
public record ModelField(String name, long start, long end, Notation notation) {
    /** The most characters that a name may have. */
    public static final int LONGEST_NAME = 256;

    /** How a value is written. */
    public enum Notation {
        /** As a JSON string with its quotes. */
        JSON {
            @Override
            byte[] write(String name) {
                return JsonText.quote(name).getBytes(UTF_8);
            }
        },
        /** As it is, as the value of a form's field. */
        TEXT {
            @Override
            byte[] write(String name) {
                if (problemOf(name) != null) {
                    throw new IllegalArgumentException("not the name of a model");
                }
                return name.getBytes(UTF_8);
            }
        };

        abstract byte[] write(String name);
    }

    /** Returns why a text is not the name of a model, or null if it may be one. */
    static RequestFacts.@Nullable Problem problemOf(String name) {
        if (name.isEmpty()) {
            return RequestFacts.Problem.EMPTY_MODEL;
        }
        if (name.length() > LONGEST_NAME) {
            return RequestFacts.Problem.MODEL_TOO_LONG;
        }
        return name.codePoints().anyMatch(ModelField::isNoText) ? RequestFacts.Problem.MODEL_NOT_TEXT : null;
    }

    private static boolean isNoText(int point) {
        return Character.isISOControl(point) || Character.getType(point) == Character.SURROGATE;
    }
}
