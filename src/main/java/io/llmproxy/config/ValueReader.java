package io.llmproxy.config;

import io.llmproxy.config.YamlTree.Scalar;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads single values: puts in what they refer to, and makes them the type that their key takes. */
final class ValueReader {
    private static final int LONGEST_SHOWN = 80;
    private static final Pattern URL_SECRETS = Pattern.compile("(?<=//)[^/]*@|(?<=\\?).*");

    private final Interpolation interpolation;
    private final Path baseDirectory;

    ValueReader(Interpolation interpolation, Path baseDirectory) {
        this.interpolation = interpolation;
        this.baseDirectory = baseDirectory;
    }

    /** Returns the value, or its stand-in if there was a problem. */
    @Nullable Object read(Key key, Scalar scalar, String path, Problems problems) {
        Interpolation.Resolved resolved = scalar.isVariable()
                ? new Interpolation.Resolved(scalar.text(), List.of())
                : interpolation.resolve(scalar.text());
        if (!resolved.problems().isEmpty()) {
            problems.error(path, String.join("; ", resolved.problems()));
            return standIn(key);
        }
        ValueType type = ValueType.of(key, baseDirectory);
        Optional<?> value = type.parse(resolved.text());
        if (value.isEmpty()) {
            problems.error(path, shown(key, scalar) + " (expected: " + type.expectation() + ")");
            return standIn(key);
        }
        return value.get();
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

    /** What stands in the file, not what references in it stand for. */
    private static String shown(Key key, Scalar scalar) {
        if (key.type() == Secret.class || scalar.isVariable()) {
            return "the value";
        }
        String text = scalar.text();
        if (key.type() == URI.class) {
            text = URL_SECRETS.matcher(text).replaceAll("***");
        }
        if (text.isBlank()) {
            return "\"\"";
        }
        return text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "…" : text;
    }
}
