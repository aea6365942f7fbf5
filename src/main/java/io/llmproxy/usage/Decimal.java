package io.llmproxy.usage;

/** Reads a decimal number byte by byte, as JSON writes it, and allocates nothing for it. */
final class Decimal {
    private static final long FULL = Long.MAX_VALUE / 10 - 1;
    private static final int LARGEST_EXPONENT = 1_000;
    private static final int MOST_DIGITS = 18;
    private static final long[] POWERS_OF_TEN = powersOfTen();

    private State state = State.START;
    private boolean negative;
    private long digits;
    /** How many of the digits stand behind the point. */
    private int scale;

    private boolean lostDigits;
    private boolean exponentNegative;
    private int exponent;

    private enum State {
        START,
        WHOLE,
        FRACTION,
        EXPONENT_START,
        EXPONENT,
        MALFORMED
    }

    private static long[] powersOfTen() {
        long[] powers = new long[MOST_DIGITS + 1];
        powers[0] = 1;
        for (int exponent = 1; exponent < powers.length; exponent++) {
            powers[exponent] = 10 * powers[exponent - 1];
        }
        return powers;
    }

    void begin() {
        state = State.START;
        negative = false;
        digits = 0;
        scale = 0;
        lostDigits = false;
        exponentNegative = false;
        exponent = 0;
    }

    /** Whether a byte may be part of a number. */
    static boolean isPart(byte next) {
        return (next >= '0' && next <= '9') || next == '.' || next == '-' || next == '+' || next == 'e' || next == 'E';
    }

    void add(byte next) {
        if (next >= '0' && next <= '9') {
            digit(next - '0');
        } else {
            mark(next);
        }
    }

    private void mark(byte next) {
        if (next == '-' && state == State.START && !negative) {
            negative = true;
        } else if (next == '.' && state == State.WHOLE) {
            state = State.FRACTION;
        } else if ((next == 'e' || next == 'E') && (state == State.WHOLE || state == State.FRACTION)) {
            state = State.EXPONENT_START;
        } else if ((next == '-' || next == '+') && state == State.EXPONENT_START) {
            exponentNegative = next == '-';
            state = State.EXPONENT;
        } else {
            state = State.MALFORMED;
        }
    }

    private void digit(int digit) {
        switch (state) {
            case START, WHOLE -> {
                state = State.WHOLE;
                append(digit);
            }
            case FRACTION -> {
                // What no long has room for matters to no amount.
                if (digits <= FULL) {
                    append(digit);
                    scale++;
                }
            }
            case EXPONENT_START, EXPONENT -> {
                state = State.EXPONENT;
                exponent = Math.min(LARGEST_EXPONENT, 10 * exponent + digit);
            }
            case MALFORMED -> {}
        }
    }

    private void append(int digit) {
        if (digits > FULL) {
            lostDigits = true;
        } else {
            digits = 10 * digits + digit;
        }
    }

    /** Whether it is a number at all. */
    boolean isNumber() {
        return state == State.WHOLE || state == State.FRACTION || state == State.EXPONENT;
    }

    /** Whether it is less than zero. */
    boolean isNegative() {
        return negative && digits != 0;
    }

    /** Whether it has no fraction, other than zeros. */
    boolean isWhole() {
        long rest = digits;
        int places = places();
        while (places > 0 && rest % 10 == 0 && rest != 0) {
            rest /= 10;
            places--;
        }
        return rest == 0 || places <= 0;
    }

    /** Returns it without its sign, rounded to a whole number, half to even; {@link Long#MAX_VALUE} if it is larger than any long. */
    long rounded() {
        return scaled(0);
    }

    /**
     * Returns it without its sign in units of 1e-{@code places}, rounded, half to even; {@link Long#MAX_VALUE} if it is larger than
     * any long.
     */
    long scaled(int places) {
        int shift = places - places();
        if (digits == 0 || shift < -MOST_DIGITS) {
            return 0;
        }
        if (lostDigits || shift > MOST_DIGITS) {
            return Long.MAX_VALUE;
        }
        long power = POWERS_OF_TEN[Math.abs(shift)];
        return shift < 0 ? divided(power) : multiplied(power);
    }

    private long multiplied(long power) {
        return digits > Long.MAX_VALUE / power ? Long.MAX_VALUE : digits * power;
    }

    private long divided(long power) {
        long whole = digits / power;
        long rest = digits % power;
        boolean up = rest > power - rest || (rest == power - rest && (whole & 1) != 0);
        return up ? whole + 1 : whole;
    }

    /** How many digits stand behind the point if there is no exponent. */
    private int places() {
        return scale - (exponentNegative ? -exponent : exponent);
    }
}
