package io.llmproxy.config.load;

import io.llmproxy.config.Bytes;
import io.llmproxy.config.Durations;
import io.llmproxy.config.HedgeDelay;
import io.llmproxy.config.HostPattern;
import io.llmproxy.config.Key;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.Secret;
import io.llmproxy.config.Setting;
import io.llmproxy.config.UrlHost;
import io.llmproxy.net.BadPatternException;
import io.llmproxy.net.ListenAddress;
import io.llmproxy.net.Network;
import io.llmproxy.net.PathPattern;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a single value may be.
 *
 * @param expectation what an operator is told who wrote something else
 * @param parser makes the value of its text, or nothing if the text is not what is expected
 */
record ValueType(String expectation, Function<String, Optional<?>> parser) {
    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,18}");
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d\\d-\\d\\d");
    private static final Pattern DECIMAL = Pattern.compile("[+-]?\\d{1,18}(\\.\\d{1,18})?");

    /** Returns the type of a key's values. Relative paths start at the directory. */
    static ValueType of(Key key, Path baseDirectory) {
        Class<?> type = key.type();
        Setting setting = key.setting();
        if (type.isEnum()) {
            return oneOf(type.getEnumConstants());
        }
        if (type == boolean.class || type == Boolean.class) {
            return new ValueType("true or false", ValueType::parseBoolean);
        }
        if (type == int.class || type == Integer.class) {
            return whole(setting);
        }
        if (type == Duration.class) {
            return duration(setting);
        }
        if (type == long.class) {
            return bytes(setting);
        }
        if (type == double.class || type == Double.class) {
            return decimal(setting);
        }
        if (type == URI.class) {
            return new ValueType(
                    "an absolute http or https URL with a legal host name, without user, password and fragment",
                    ValueType::parseUrl);
        }
        if (type == Path.class) {
            return new ValueType("the path of a file", text -> parsePath(baseDirectory, text));
        }
        if (type == Instant.class) {
            return new ValueType("a date, or an instant such as 2027-01-31T12:00:00Z", ValueType::parseInstant);
        }
        if (type == ZoneId.class) {
            return new ValueType("a time zone such as UTC or Europe/Berlin", ValueType::parseZone);
        }
        if (type == ModelPattern.class) {
            return new ValueType("the name of a model, a name with `*`, or a regular expression", ModelPattern::parse);
        }
        if (type == HostPattern.class) {
            return new ValueType("a host as in `name`, `name:8443`, `*.name` or `name/prefix`", HostPattern::parse);
        }
        if (type == ListenAddress.class) {
            return new ValueType("an IP address", ListenAddress::parse);
        }
        if (type == Network.class) {
            return new ValueType("an IP address, or a network such as 10.0.0.0/8", Network::parse);
        }
        if (type == HedgeDelay.class) {
            return new ValueType(HedgeDelay.EXPECTATION, HedgeDelay::parse);
        }
        if (type == PathPattern.class) {
            return new ValueType("a pattern", text -> Optional.of(PathPattern.compile(text)));
        }
        return new ValueType("text", type == Secret.class ? text -> Optional.of(new Secret(text)) : Optional::of);
    }

    /** @throws BadPatternException if the text is not a pattern where one is expected; it tells more than the expectation */
    Optional<?> parse(String text) {
        return parser.apply(text);
    }

    private static ValueType oneOf(Object[] constants) {
        List<String> names = Stream.of(constants)
                .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                .toList();
        return new ValueType(
                String.join(", ", names),
                text -> Optional.of(names.indexOf(text)).filter(i -> i >= 0).map(i -> constants[i]));
    }

    private static ValueType whole(Setting setting) {
        return new ValueType(
                plain(setting.min()) + " to " + plain(setting.max()),
                text -> Optional.of(text)
                        .filter(digits -> WHOLE.matcher(digits).matches())
                        .map(Long::parseLong)
                        .filter(number -> inRange(number, setting))
                        .map(Math::toIntExact));
    }

    private static ValueType duration(Setting setting) {
        Duration min = Durations.of(setting.min(), setting.unit());
        Duration max = Durations.of(setting.max(), setting.unit());
        String bare = setting.unit().name().toLowerCase(Locale.ROOT);
        return new ValueType(
                Durations.format(min) + " to " + Durations.format(max) + " in ms, s, m or h; a bare number counts "
                        + bare,
                text -> Durations.parse(text, setting.unit())
                        .filter(duration -> duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0));
    }

    private static ValueType bytes(Setting setting) {
        String range = Bytes.format((long) setting.min()) + " to " + Bytes.format((long) setting.max());
        return new ValueType(range, text -> {
            OptionalLong size = Bytes.parse(text);
            return size.isPresent() && inRange((double) size.getAsLong(), setting)
                    ? Optional.of(size.getAsLong())
                    : Optional.empty();
        });
    }

    private static ValueType decimal(Setting setting) {
        return new ValueType(
                plain(setting.min()) + " to " + plain(setting.max()),
                text -> Optional.of(text)
                        .filter(digits -> DECIMAL.matcher(digits).matches())
                        .map(Double::parseDouble)
                        .filter(number -> inRange(number, setting)));
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    private static boolean inRange(double number, Setting setting) {
        return number >= setting.min() && number <= setting.max();
    }

    private static Optional<Boolean> parseBoolean(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> Optional.of(true);
            case "false" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    private static Optional<URI> parseUrl(String text) {
        try {
            return Optional.of(new URI(text)).filter(ValueType::isBase);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static boolean isBase(URI url) {
        boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        boolean user = url.getRawAuthority() != null && url.getRawAuthority().indexOf('@') >= 0;
        return http && UrlHost.of(url).isPresent() && !user && url.getRawFragment() == null;
    }

    private static Optional<Instant> parseInstant(String text) {
        try {
            return Optional.of(
                    DATE.matcher(text).matches()
                            ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                            : OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static Optional<ZoneId> parseZone(String text) {
        try {
            return Optional.of(ZoneId.of(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static Optional<Path> parsePath(Path baseDirectory, String text) {
        try {
            return text.isBlank() ? Optional.empty() : Optional.of(baseDirectory.resolve(text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
