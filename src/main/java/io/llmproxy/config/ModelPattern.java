package io.llmproxy.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model's name, or a pattern of names: with {@code *} for any characters, or a regular expression in the syntax of RE2.
 * A plain dot makes no pattern, as names have dots. A pattern describes a name as a whole; letters count as they are
 * written. Matching takes time in proportion to the name, whatever the pattern.
 */
public final class ModelPattern {
    private static final String REGEX_CHARACTERS = "[(|^$\\";

    private final String text;
    private final @Nullable Pattern pattern;

    private ModelPattern(String text, @Nullable Pattern pattern) {
        this.text = text;
        this.pattern = pattern;
    }

    /** Reads a name or a pattern; nothing if the text is blank, or no legal regular expression. */
    public static Optional<ModelPattern> parse(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        if (!isPattern(text)) {
            return Optional.of(new ModelPattern(text, null));
        }
        try {
            return Optional.of(new ModelPattern(text, Pattern.compile(isGlob(text) ? ofGlob(text) : text)));
        } catch (PatternSyntaxException e) {
            return Optional.empty();
        }
    }

    private static boolean isPattern(String text) {
        return text.contains("*")
                || text.contains(".+")
                || text.chars().anyMatch(character -> REGEX_CHARACTERS.indexOf(character) >= 0);
    }

    private static boolean isGlob(String text) {
        return text.contains("*") && !text.contains(".*") && !text.contains(".+");
    }

    private static String ofGlob(String text) {
        return Arrays.stream(text.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    }

    /** The name or the pattern as it is written. */
    public String text() {
        return text;
    }

    /** Whether it is the name of one model. */
    public boolean isExact() {
        return pattern == null;
    }

    /** Whether it stands for a model. */
    public boolean matches(String model) {
        return pattern == null ? text.equals(model) : pattern.matches(model);
    }

    /** Returns what the one {@code *} of this stands for in a model that it matches; nothing if it has none, or several. */
    Optional<String> rest(String model) {
        int star = text.indexOf('*');
        if (!isGlob(text) || star != text.lastIndexOf('*')) {
            return Optional.empty();
        }
        return Optional.of(model.substring(star, model.length() - (text.length() - star - 1)));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ModelPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
