package io.llmproxy.config.foreign;

import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How LiteLLM writes values: references to variables, numbers, times. */
final class LiteLlmText {
    private static final Pattern VARIABLE = Pattern.compile("os\\.environ/([A-Za-z_][A-Za-z0-9_]*)");
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{[A-Za-z_][A-Za-z0-9_]*}");
    private static final Pattern NUMBER = Pattern.compile("-?[0-9][0-9_]*(\\.[0-9_]+)?|\\.[0-9]+");
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private LiteLlmText() {}

    /** Returns the same with references as we write them. What a file says of the environment stands for its variables. */
    static Mapping respelled(Mapping root) {
        Map<String, YamlTree> known = root.entries().get("environment_variables") instanceof Mapping variables
                ? variables.entries()
                : Map.of();
        return (Mapping) respelled(root, known);
    }

    private static YamlTree respelled(YamlTree tree, Map<String, YamlTree> known) {
        if (tree instanceof Mapping mapping) {
            Map<String, YamlTree> entries = new LinkedHashMap<>();
            mapping.entries().forEach((key, value) -> entries.put(key, respelled(value, known)));
            return new Mapping(mapping.origin(), entries);
        }
        if (tree instanceof Sequence sequence) {
            return new Sequence(
                    sequence.origin(),
                    sequence.items().stream()
                            .map(item -> respelled(item, known))
                            .toList());
        }
        Scalar scalar = (Scalar) tree;
        Matcher variable = VARIABLE.matcher(scalar.text());
        if (!variable.matches()) {
            return new Scalar(scalar.origin(), scalar.text().replace("${", "$${"), scalar.style());
        }
        String name = variable.group(1);
        if (known.get(name) instanceof Scalar value
                && !value.isAbsent()
                && !VARIABLE.matcher(value.text()).matches()) {
            return respelled(value.at(scalar.origin()), Map.of());
        }
        return new Scalar(scalar.origin(), "${" + name + "}", Scalar.Style.QUOTED);
    }

    /** Whether a value is a reference to a variable, and nothing else. */
    static boolean refers(Scalar value) {
        return REFERENCE.matcher(value.text()).matches();
    }

    static boolean isTrue(@Nullable Scalar value) {
        return value != null && value.text().equalsIgnoreCase("true");
    }

    /** Reads a number, which may have {@code _} in it. */
    static Optional<BigDecimal> number(Scalar value) {
        return NUMBER.matcher(value.text()).matches()
                ? Optional.of(new BigDecimal(value.text().replace("_", "")))
                : Optional.empty();
    }

    /** Returns seconds as a time of ours, within limits in milliseconds; a reference as it is. */
    static Optional<Scalar> time(Scalar seconds, long least, long most) {
        if (refers(seconds)) {
            return Optional.of(seconds);
        }
        return number(seconds)
                .map(number -> number.multiply(THOUSAND).setScale(0, RoundingMode.HALF_UP))
                .map(millis -> millis.min(BigDecimal.valueOf(most)).max(BigDecimal.valueOf(least)))
                .map(millis -> TreeBuilder.text(seconds.origin(), time(millis.longValueExact())));
    }

    private static String time(long millis) {
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
