package io.llmproxy.config.load;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.Key;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Unmeasured;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.Section;
import io.llmproxy.config.check.QuotaChecks;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.document.YamlTree.Mapping;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Limits that stand outside of a configuration, as JSON in its words. They are read and checked as those of a configuration are, but refer
 * to nothing: a text such as <code>${NAME}</code> in them is only a text.
 */
public final class LimitsText {
    private static final int MOST = 50;
    private static final int LONGEST = 16_000;
    private static final String LIMITS = "limits";
    private static final Read NONE = new Read(List.of(), List.of());
    private static final Key KEY =
            Section.of(ClientKeyConfig.class).find(LIMITS).orElseThrow();

    private LimitsText() {}

    /**
     * What was read.
     *
     * @param limits the limits; none if there are problems
     * @param problems what is wrong, each with its path, such as {@code limits[0].amount}
     */
    public record Read(List<LimitConfig> limits, List<Problem> problems) {
        /** Copies the lists. */
        public Read {
            limits = List.copyOf(limits);
            problems = List.copyOf(problems);
        }
    }

    /** Reads a list in JSON; an empty text stands for no limits. */
    public static Read read(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        try {
            List<LimitConfig> limits = checked(text);
            return write(limits).length() > LONGEST ? tooLong() : new Read(limits, List.of());
        } catch (ConfigException e) {
            return new Read(List.of(), e.problems());
        }
    }

    private static List<LimitConfig> checked(String text) {
        Problems problems = new Problems();
        if (text.length() > LONGEST) {
            throw new ConfigException(tooLong().problems());
        }
        Mapping root = YamlParser.parse("{\"" + LIMITS + "\": " + text + '}', "", problems);
        ValueReader values = new ValueReader(LimitsText::asItIs, Path.of(""));
        List<LimitConfig> limits = new RecordReader(values, problems, true)
                .list(KEY, root).stream().map(LimitConfig.class::cast).toList();
        if (limits.size() > MOST) {
            problems.error(LIMITS, limits.size() + " items (expected: at most " + MOST + ")");
        }
        new QuotaChecks(problems).checkLimits(LIMITS, limits);
        problems.throwIfAny();
        return limits;
    }

    private static Interpolation.Resolved asItIs(String text) {
        return new Interpolation.Resolved(text, List.of());
    }

    private static Read tooLong() {
        return new Read(
                List.of(),
                List.of(new Problem("", 0, LIMITS, "too long (expected: at most " + LONGEST + " characters as JSON)")));
    }

    /** Writes limits so that {@link #read} reads them; each with what is set only. The text is of ASCII. */
    public static String write(List<LimitConfig> limits) {
        return limits.isEmpty()
                ? ""
                : list(limits.stream().map(LimitsText::limit).toList());
    }

    private static String limit(LimitConfig limit) {
        List<String> members = new ArrayList<>();
        members.add(member("metric", quoted(limit.metric().label())));
        add(members, "per", limit.per() == null ? null : limit.per().label());
        members.add(member("amount", number(limit.amount())));
        if (!limit.models().isEmpty()) {
            List<String> models = limit.models().stream()
                    .map(ModelPattern::text)
                    .map(LimitsText::quoted)
                    .toList();
            members.add(member("models", list(models)));
        }
        add(members, "zone", limit.zone() == null ? null : limit.zone().getId());
        add(members, "mode", limit.mode() == Mode.ENFORCE ? null : lower(limit.mode()));
        add(members, "on_store_loss", limit.onStoreLoss() == null ? null : lower(limit.onStoreLoss()));
        if (!limit.warnAt().isEmpty()) {
            members.add(member(
                    "warn_at",
                    list(limit.warnAt().stream().map(LimitsText::number).toList())));
        }
        add(members, "unmeasured", limit.unmeasured() == Unmeasured.ALLOW ? null : lower(limit.unmeasured()));
        return '{' + String.join(",", members) + '}';
    }

    private static void add(List<String> members, String name, @Nullable String value) {
        if (value != null) {
            members.add(member(name, quoted(value)));
        }
    }

    private static String member(String name, String value) {
        return '"' + name + "\":" + value;
    }

    private static String list(List<String> items) {
        return '[' + String.join(",", items) + ']';
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Without a power of ten, which is no number in a configuration. */
    private static String number(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars().forEach(character -> {
            if (character == '"' || character == '\\') {
                quoted.append('\\').append((char) character);
            } else if (character < ' ' || character > '~') {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", character));
            } else {
                quoted.append((char) character);
            }
        });
        return quoted.append('"').toString();
    }
}
