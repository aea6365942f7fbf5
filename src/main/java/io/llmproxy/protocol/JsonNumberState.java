package io.llmproxy.protocol;

/** How far a JSON number has come. */
enum JsonNumberState {
    /** A minus. */
    MINUS,
    /** A zero, which no digit may follow. */
    ZERO,
    /** Digits before the point. */
    INTEGER,
    /** The point. */
    POINT,
    /** Digits behind the point. */
    FRACTION,
    /** The letter before the exponent. */
    EXPONENT,
    /** The exponent's sign. */
    SIGN,
    /** Digits of the exponent. */
    POWER,
    /** The byte does not belong to it any more. */
    ENDED,
    /** The byte cannot stand there. */
    MALFORMED;

    /** Returns the state after the first byte, or {@link #MALFORMED} if no number begins so. */
    static JsonNumberState first(byte next) {
        return next == '-' ? MINUS : MINUS.next(next);
    }

    JsonNumberState next(byte next) {
        return switch (this) {
            case MINUS -> next == '0' ? ZERO : digit(next, INTEGER, MALFORMED);
            case ZERO -> next == '.' ? POINT : exponent(next);
            case INTEGER -> next == '.' ? POINT : digit(next, INTEGER, exponent(next));
            case POINT -> digit(next, FRACTION, MALFORMED);
            case FRACTION -> digit(next, FRACTION, exponent(next));
            case EXPONENT -> next == '+' || next == '-' ? SIGN : digit(next, POWER, MALFORMED);
            case SIGN -> digit(next, POWER, MALFORMED);
            case POWER -> digit(next, POWER, ENDED);
            case ENDED, MALFORMED -> this;
        };
    }

    /** Whether another digit changes nothing. */
    boolean isRunOfDigits() {
        return this == INTEGER || this == FRACTION;
    }

    private static JsonNumberState digit(byte next, JsonNumberState ifSo, JsonNumberState ifNot) {
        return next >= '0' && next <= '9' ? ifSo : ifNot;
    }

    private static JsonNumberState exponent(byte next) {
        return next == 'e' || next == 'E' ? EXPONENT : ENDED;
    }
}
