package io.llmproxy.config.document;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what was probably meant. */
public final class Suggestion {
    private static final int MAX_DISTANCE = 2;

    private Suggestion() {}

    /** Returns {@code (did you mean `x`?)}, or all there is to choose from if nothing is close. */
    public static String hint(String word, Collection<String> candidates) {
        return closest(word, candidates)
                .map(candidate -> "(did you mean `" + candidate + "`?)")
                .orElseGet(() -> candidates.isEmpty()
                        ? "(expected: one that is defined; there is none)"
                        : "(expected: " + String.join(", ", candidates) + ")");
    }

    private static Optional<String> closest(String word, Collection<String> candidates) {
        String plain = plain(word);
        return candidates.stream()
                .filter(candidate -> Math.abs(plain(candidate).length() - plain.length()) <= MAX_DISTANCE)
                .filter(candidate -> distance(plain, plain(candidate)) <= Math.min(MAX_DISTANCE, plain.length() / 2))
                .min(Comparator.comparingInt(candidate -> distance(plain, plain(candidate))));
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }

    /**
     * How many characters have to be inserted, removed, replaced or swapped with their neighbour to make one word of the
     * other: the optimal string alignment distance (Damerau 1964).
     */
    private static int distance(String one, String other) {
        int[][] edits = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                edits[i][j] = i == 0 || j == 0 ? i + j : fewest(edits, one, other, i, j);
            }
        }
        return edits[one.length()][other.length()];
    }

    private static int fewest(int[][] edits, String one, String other, int i, int j) {
        boolean same = one.charAt(i - 1) == other.charAt(j - 1);
        int fewest = Math.min(edits[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        boolean swapped =
                i > 1 && j > 1 && one.charAt(i - 1) == other.charAt(j - 2) && one.charAt(i - 2) == other.charAt(j - 1);
        return swapped ? Math.min(fewest, 1 + edits[i - 2][j - 2]) : fewest;
    }
}
