package io.llmproxy.config.load;

import io.llmproxy.config.Key;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.ConfigPrinter;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.net.BadPatternException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads single values: puts in what they refer to, and makes them the type that their key takes. */
final class ValueReader {
    private static final Pattern URL_SECRETS = Pattern.compile(".+(?=@)|(?<=\\?).+", Pattern.DOTALL);

    private final Function<String, Interpolation.Resolved> resolving;
    private final Path baseDirectory;

    /**
     * @param resolving puts in what a value refers to
     * @param baseDirectory where relative paths start
     */
    ValueReader(Function<String, Interpolation.Resolved> resolving, Path baseDirectory) {
        this.resolving = resolving;
        this.baseDirectory = baseDirectory;
    }

    /** Returns the value, or its stand-in if there was a problem. */
    @Nullable Object read(Key key, Scalar scalar, String path, Problems problems) {
        if (key.type() == Secret.class || scalar.isVariable()) {
            problems.conceal(path);
        }
        if (!scalar.isVariable() && isShownWithSecret(key, scalar.text())) {
            problems.error(
                    path, "${secret:…} is not allowed here (expected: as a secret value, or behind the `?` of a URL)");
            return standIn(key);
        }
        Interpolation.Resolved resolved = scalar.isVariable()
                ? new Interpolation.Resolved(scalar.text(), List.of())
                : resolving.apply(scalar.text());
        if (!resolved.problems().isEmpty()) {
            problems.error(path, String.join("; ", resolved.problems()));
            return standIn(key);
        }
        if (key.type() == Secret.class && resolved.text().equals(ConfigPrinter.MASK)) {
            problems.error(path, "*** is a placeholder (expected: the secret, or ${NAME})");
            return standIn(key);
        }
        ValueType type = ValueType.of(key, baseDirectory);
        Optional<?> value;
        String expected = type.expectation();
        try {
            value = type.parse(resolved.text());
        } catch (BadPatternException e) {
            value = Optional.empty();
            // It may quote a part of the pattern.
            expected = resolved.text().equals(scalar.text()) ? e.expected() : expected;
        }
        if (value.isEmpty()) {
            String shown = problems.shown(path, printable(key, scalar.text()));
            problems.error(path, shown + " (expected: " + expected + ")");
            return standIn(key);
        }
        if (!resolved.text().equals(scalar.text())) {
            problems.conceal(path);
        }
        return value.get();
    }

    /** What is not a secret is shown, so that a secret in it would be too. */
    private static boolean isShownWithSecret(Key key, String text) {
        if (key.type() == Secret.class) {
            return false;
        }
        int query = key.type() == URI.class ? text.indexOf('?') : -1;
        return !Interpolation.secrets(query < 0 ? text : text.substring(0, query))
                .isEmpty();
    }

    /** Returns the value of an absent key. */
    @Nullable Object absent(Key key, String path, Problems problems) {
        if (key.setting().required()) {
            String expectation = ValueType.of(key, baseDirectory).expectation();
            problems.error(path, "missing (expected: " + expectation + ")");
        }
        return standIn(key);
    }

    /** Returns the default. Where there is none: something to go on with, so that the other problems are found too. */
    @Nullable Object standIn(Key key) {
        String byDefault = key.setting().byDefault();
        if (!byDefault.isEmpty()) {
            return ValueType.of(key, baseDirectory).parse(byDefault).orElseThrow();
        }
        return key.setting().required() && key.type() == String.class ? "" : null;
    }

    /** A URL that is refused may be so because of the password in it. */
    private static String printable(Key key, String text) {
        return key.type() == URI.class ? URL_SECRETS.matcher(text).replaceAll("***") : text;
    }
}
