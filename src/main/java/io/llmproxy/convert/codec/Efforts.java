package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Thinking.Level;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Brings the words for effort and the numbers of a budget together. */
public final class Efforts {
    private Efforts() {}

    /** Returns the level that a word names. */
    public static Level level(String word, Node at) {
        try {
            return Level.valueOf(word.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw at.mismatch("must be one of none, minimal, low, medium, high, xhigh, max");
        }
    }

    /** Returns the word for a level. */
    public static String word(Level level) {
        return level.name().toLowerCase(Locale.ROOT);
    }

    /** Returns the level that was asked for, or the one nearest to the budget; null if nothing was said. */
    public static @Nullable Level levelOf(Thinking thinking) {
        Long budget = thinking.budget();
        if (thinking.level() != null || budget == null) {
            return thinking.level();
        }
        if (budget < 0) {
            return Level.HIGH;
        }
        if (budget == 0) {
            return Level.NONE;
        }
        if (budget <= 5120) {
            return Level.LOW;
        }
        return budget <= 12288
                ? Level.MEDIUM
                : budget <= 20480 ? Level.HIGH : budget <= 28672 ? Level.XHIGH : Level.MAX;
    }

    /** Returns the nearest level that a model takes; null if it has none for it. */
    public static @Nullable Level fit(Level level, Set<Level> known) {
        if (known.contains(level)) {
            return level;
        }
        if (level == Level.NONE) {
            return null;
        }
        Level lower = null;
        for (Level other : known) {
            if (other.compareTo(level) > 0) {
                return lower != null ? lower : other;
            }
            lower = other == Level.NONE ? lower : other;
        }
        return lower;
    }

    /** Returns the budget that stands for a level. */
    public static long budget(Level level) {
        return switch (level) {
            case NONE -> 0;
            case MINIMAL -> 1024;
            case LOW -> 2048;
            case MEDIUM -> 8192;
            case HIGH -> 16384;
            case XHIGH -> 24576;
            case MAX -> 32768;
        };
    }
}
