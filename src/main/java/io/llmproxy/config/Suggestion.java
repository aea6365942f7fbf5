package io.llmproxy.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what was probably meant. */
final class Suggestion {
    private static final int MAX_DISTANCE = 2;

    private Suggestion() {}

    /** Returns {@code (did you mean `x`?)}, or all there is to choose from if nothing is close. */
    static String hint(String word, Collection<String> candidates) {
        return closest(word, candidates)
                .map(candidate -> "(did you mean `" + candidate + "`?)")
                .orElseGet(() -> candidates.isEmpty()
                        ? "(expected: one that is defined)"
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

    /** How many characters have to be inserted, removed or replaced to make one word of the other. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
