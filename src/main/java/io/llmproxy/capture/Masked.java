package io.llmproxy.capture;

import io.llmproxy.config.Secret;
import io.llmproxy.convert.json.JsonBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Replaces secrets in a text, however many there are, in one pass: a hash rolls over the text, and only where it is that of the
 * beginning of a secret the two are compared (Karp and Rabin, "Efficient randomized pattern-matching algorithms", 1987).
 */
final class Masked {
    static final String MASK = "***";

    /** So many characters of each secret are hashed; a shorter one would be found in harmless words. */
    static final int SHORTEST = 8;

    private static final int BASE = 31;
    /** What the first character of a window counts. */
    private static final int FIRST = power();

    private final Map<Integer, String[]> secrets = new HashMap<>();

    /** @param all what is not to be seen, as it stands in the text */
    Masked(Collection<String> all) {
        for (String secret : all) {
            if (secret.length() >= SHORTEST) {
                secrets.merge(hash(secret, 0), new String[] {secret}, Masked::both);
            }
        }
    }

    /** Masks these secrets, as they stand in JSON and by themselves. */
    static Masked of(Collection<Secret> secrets) {
        Set<String> all = new LinkedHashSet<>();
        for (Secret secret : secrets) {
            all.add(secret.reveal());
            all.add(new JsonBuffer(64).inside(secret.reveal()).toString());
        }
        return new Masked(all);
    }

    private static int power() {
        int power = 1;
        for (int index = 1; index < SHORTEST; index++) {
            power *= BASE;
        }
        return power;
    }

    private static String[] both(String[] some, String[] more) {
        String[] all = new String[some.length + more.length];
        System.arraycopy(some, 0, all, 0, some.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    private static int hash(String text, int from) {
        int hash = 0;
        for (int index = from; index < from + SHORTEST; index++) {
            hash = hash * BASE + text.charAt(index);
        }
        return hash;
    }

    /** Returns the text with a mask in the place of each secret. */
    String in(String text) {
        if (secrets.isEmpty() || text.length() < SHORTEST) {
            return text;
        }
        StringBuilder masked = null;
        int copied = 0;
        int at = 0;
        int hash = hash(text, 0);
        while (true) {
            String found = longest(secrets.get(hash), text, at);
            if (found != null) {
                masked = masked == null ? new StringBuilder(text.length()) : masked;
                masked.append(text, copied, at).append(MASK);
                at += found.length();
                copied = at;
                if (at + SHORTEST > text.length()) {
                    break;
                }
                hash = hash(text, at);
            } else if (at + SHORTEST >= text.length()) {
                break;
            } else {
                hash = (hash - text.charAt(at) * FIRST) * BASE + text.charAt(at + SHORTEST);
                at++;
            }
        }
        return masked == null
                ? text
                : masked.append(text, copied, text.length()).toString();
    }

    private static @Nullable String longest(String @Nullable [] candidates, String text, int at) {
        String longest = null;
        if (candidates != null) {
            for (String candidate : candidates) {
                if (text.startsWith(candidate, at) && (longest == null || candidate.length() > longest.length())) {
                    longest = candidate;
                }
            }
        }
        return longest;
    }
}
