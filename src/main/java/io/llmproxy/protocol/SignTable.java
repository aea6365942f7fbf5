package io.llmproxy.protocol;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * Finds any of several signs in a stream of bytes in one look at each byte, whatever the signs have in common. Spaces are
 * passed over, and an end of line is one however it is written.
 *
 * @see <a href="https://doi.org/10.1145/360825.360855">Aho and Corasick: Efficient string matching (1975)</a>
 */
final class SignTable {
    /** Nothing of any sign was seen. */
    static final int START = 0;

    private static final int ALPHABET = 128;
    private static final byte NONE = -1;

    /** By state and byte, the state that follows. */
    private final byte[] next;

    private final boolean[] completes;
    private final boolean[] fails;
    private final boolean[] hints;
    private final int characters;
    private int states = 1;

    private SignTable(List<String> completions, List<String> failures, List<String> others) {
        characters = 1 + length(completions) + length(failures) + length(others);
        int most = Math.min(characters, Byte.MAX_VALUE);
        next = new byte[most * ALPHABET];
        completes = new boolean[most];
        fails = new boolean[most];
        hints = new boolean[most];
        Arrays.fill(next, NONE);
        completions.forEach(sign -> completes[add(sign)] = true);
        failures.forEach(sign -> fails[add(sign)] = true);
        others.forEach(sign -> hints[add(sign)] = true);
        complete();
    }

    /**
     * Returns a table for signs of ASCII characters other than space and carriage return.
     *
     * @param completions tell that an answer is complete
     * @param failures tell that it has failed; where both end, this holds
     */
    static SignTable of(List<String> completions, List<String> failures) {
        return of(completions, failures, List.of());
    }

    /**
     * Returns a table like {@link #of(List, List)}.
     *
     * @param hints tell neither, but that there is something worth a closer look
     */
    static SignTable of(List<String> completions, List<String> failures, List<String> hints) {
        return new SignTable(completions, failures, hints);
    }

    private static int length(List<String> signs) {
        return signs.stream().mapToInt(String::length).sum();
    }

    /** Returns the state in which the whole sign was seen. */
    private int add(String sign) {
        int state = START;
        for (int index = 0; index < sign.length(); index++) {
            int edge = edge(state, sign.charAt(index));
            if (next[edge] == NONE) {
                if (states == completes.length) {
                    throw new IllegalArgumentException("the signs have too many characters: " + characters);
                }
                next[edge] = (byte) states++;
            }
            state = next[edge];
        }
        return state;
    }

    /** Adds what follows where a sign does not go on: what the longest end of it that begins a sign would go on with. */
    private void complete() {
        int[] shorter = new int[states];
        Queue<Integer> left = new ArrayDeque<>();
        left.add(START);
        while (!left.isEmpty()) {
            int state = left.remove();
            completes[state] |= completes[shorter[state]];
            fails[state] |= fails[shorter[state]];
            hints[state] |= hints[shorter[state]];
            for (int symbol = 0; symbol < ALPHABET; symbol++) {
                int edge = edge(state, symbol);
                byte fallback = state == START ? START : next[edge(shorter[state], symbol)];
                if (next[edge] == NONE) {
                    next[edge] = fallback;
                } else {
                    shorter[next[edge]] = fallback;
                    left.add((int) next[edge]);
                }
            }
        }
        for (int state = 0; state < states; state++) {
            next[edge(state, ' ')] = (byte) state;
            next[edge(state, '\r')] = next[edge(state, '\n')];
        }
    }

    private static int edge(int state, int symbol) {
        return state * ALPHABET + symbol;
    }

    /** The state that follows. */
    int next(int state, byte symbol) {
        return symbol < 0 ? START : next[edge(state, symbol)];
    }

    /**
     * Goes on until a sign has ended.
     *
     * @return the state behind the byte that ended it, or behind the last one
     */
    int scan(int state, byte[] bytes, int start, int end) {
        int current = state;
        for (int index = start; index < end && !isLast(current); index++) {
            if (current == START) {
                // Most bytes begin no sign. To pass them over, none has to wait for what the one before it led to.
                while (next(START, bytes[index]) == START) {
                    if (++index == end) {
                        return START;
                    }
                }
            }
            current = next(current, bytes[index]);
        }
        return current;
    }

    /** Whether a sign has just ended. */
    boolean isLast(int state) {
        return completes[state] || fails[state] || hints[state];
    }

    /** Whether one of the signs of completion has just ended. */
    boolean isCompletion(int state) {
        return completes[state];
    }

    /** Whether one of the signs of failure has just ended. */
    boolean isFailure(int state) {
        return fails[state];
    }

    /** Whether there is no sign to look for. */
    boolean isEmpty() {
        return states == 1;
    }
}
