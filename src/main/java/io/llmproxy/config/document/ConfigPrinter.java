package io.llmproxy.config.document;

import io.llmproxy.config.Key;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.Section;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.Yaml;

/**
 * Writes a tree as YAML. Secrets are masked, unless they are only referred to. What begins with {@code x-} is left out then:
 * it may hold secrets that are not known as such, and its anchors stand where they are used.
 */
public final class ConfigPrinter {
    /** What takes the place of a secret. */
    public static final String MASK = "***";

    private static final String NOTE = "# *** is a secret that is not shown: write it in again, best as ${NAME}.\n";
    private static final String EXTENSION = "x-";
    private static final Pattern URL_SECRETS =
            Pattern.compile("(?<=://)[^/@]*(?=@)|(?<=\\?)(?!\\$\\{secret:[^}]*}$).+");
    private static final int LINE_WIDTH = 132;
    /** What may stand beside references in a secret and be shown. */
    private static final Set<String> SCHEMES = Set.of("", "bearer", "basic", "token");

    private ConfigPrinter() {}

    public static String print(Mapping root) {
        String text = print(root, true);
        return text.contains(MASK) ? NOTE + text : text;
    }

    /** The same with its secrets: never show it. */
    public static String printWhole(Mapping root) {
        return print(root, false);
    }

    private static String print(Mapping root, boolean masked) {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(FlowStyle.BLOCK);
        options.setIndicatorIndent(2);
        options.setIndentWithIndicator(true);
        options.setWidth(LINE_WIDTH);
        return new Yaml(options).dump(section(root, Section.of(ProxyConfig.class), masked));
    }

    private static Map<String, Object> section(Mapping mapping, @Nullable Section section, boolean masked) {
        Map<String, Object> printed = new LinkedHashMap<>();
        boolean root = section != null && section.type() == ProxyConfig.class;
        mapping.entries().forEach((name, tree) -> {
            if (!masked || !root || !name.startsWith(EXTENSION)) {
                printed.put(name, value(tree, key(section, name), masked));
            }
        });
        return printed;
    }

    private static @Nullable Key key(@Nullable Section section, String name) {
        return section == null ? null : section.find(name).orElse(null);
    }

    private static Object value(YamlTree tree, @Nullable Key key, boolean masked) {
        if (tree instanceof Mapping mapping) {
            return section(mapping, key != null && key.isSection() ? key.section() : null, masked);
        }
        if (tree instanceof Sequence sequence) {
            return sequence.items().stream()
                    .map(item -> value(item, key, masked))
                    .toList();
        }
        return scalar((Scalar) tree, key, masked);
    }

    private static Object scalar(Scalar scalar, @Nullable Key key, boolean masked) {
        Class<?> type = key == null ? String.class : key.type();
        String text = scalar.text();
        if (!masked && (type == Secret.class || type == java.net.URI.class)) {
            return text;
        }
        if (type == Secret.class) {
            return secret(text);
        }
        if (type == java.net.URI.class) {
            return url(text);
        }
        return type == String.class ? text : plain(text, type);
    }

    /** A secret as it may be shown: references and digests are none. */
    static String secret(String text) {
        if (text.isEmpty() || LiteralSecrets.DIGEST.matcher(text).matches()) {
            return text;
        }
        boolean plain = SCHEMES.contains(Interpolation.rest(text).strip().toLowerCase(Locale.ROOT));
        return Interpolation.refers(text) && plain ? Interpolation.withDefaults(text, MASK) : MASK;
    }

    /** A URL as it may be shown. */
    static String url(String text) {
        return URL_SECRETS.matcher(text).replaceAll(MASK);
    }

    /** As a number or a truth, so that it is written without quotes. */
    private static Object plain(String text, Class<?> type) {
        if ((type == boolean.class || type == Boolean.class)
                && List.of("true", "false").contains(text)) {
            return Boolean.valueOf(text);
        }
        boolean whole = text.matches("[0-9]{1,18}");
        return whole ? (Object) Long.valueOf(text) : text;
    }
}
