package io.llmproxy.usage;

import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How much of what an answer took. What is absent is unknown; 0 means that there is known to be none. */
public final class Usage {
    /** Nothing is known. */
    public static final Usage UNKNOWN = new Usage(0, new long[0]);

    /** A bit for each count: whether it is known. */
    private final int known;
    /** Those that are known, in the order of {@link Count}. */
    private final long[] values;

    /** Takes what is known, one by one. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * Takes a count that is known.
         *
         * @param value at least 0
         */
        void visit(Count count, long value);
    }

    private Usage(int known, long[] values) {
        this.known = known;
        this.values = values;
    }

    /** Makes usage of input and output only. */
    public static Usage of(long input, long output) {
        return new Builder().set(Count.INPUT, input).set(Count.OUTPUT, output).build();
    }

    /** Returns whether nothing is known. */
    public boolean isUnknown() {
        return known == 0;
    }

    /** Returns whether a count is known. */
    public boolean knows(Count count) {
        return (known & bit(count)) != 0;
    }

    /** Returns a count, or nothing if it is not known. */
    public OptionalLong get(Count count) {
        return knows(count) ? OptionalLong.of(values[index(count)]) : OptionalLong.empty();
    }

    /** Returns a count, or something else if it is not known. */
    public long get(Count count, long otherwise) {
        return knows(count) ? values[index(count)] : otherwise;
    }

    /** Tells all that is known, in the order of {@link Count}. */
    public void forEach(Visitor visitor) {
        int index = 0;
        for (Count count : Count.ALL) {
            if (knows(count)) {
                visitor.visit(count, values[index]);
                index++;
            }
        }
    }

    /** Returns a builder that knows the same. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        forEach(builder::set);
        return builder;
    }

    private int index(Count count) {
        return Integer.bitCount(known & (bit(count) - 1));
    }

    private static int bit(Count count) {
        return 1 << count.index();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Usage that && known == that.known && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * known + Arrays.hashCode(values);
    }

    /** Returns what is known, such as {@code {input_tokens=12, output_tokens=3}}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        forEach((count, value) -> text.append(text.length() == 1 ? "" : ", ")
                .append(count.label())
                .append('=')
                .append(value));
        return text.append('}').toString();
    }

    /** Collects what is known. */
    public static final class Builder {
        private final long[] collected = new long[Count.ALL.size()];
        private int set;

        /**
         * Sets a count.
         *
         * @throws IllegalArgumentException if the value is negative
         */
        public Builder set(Count count, long value) {
            if (value < 0) {
                throw new IllegalArgumentException(count.label() + ": " + value + " (expected: at least 0)");
            }
            collected[count.index()] = value;
            set |= bit(count);
            return this;
        }

        /** Forgets a count. */
        public Builder unset(Count count) {
            set &= ~bit(count);
            return this;
        }

        /** Returns what is known so far. */
        public Usage build() {
            if (set == 0) {
                return UNKNOWN;
            }
            long[] values = new long[Integer.bitCount(set)];
            int index = 0;
            for (int place = 0; place < collected.length; place++) {
                if ((set >>> place & 1) != 0) {
                    values[index] = collected[place];
                    index++;
                }
            }
            return new Usage(set, values);
        }
    }
}
