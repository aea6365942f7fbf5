package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind a command that is about a store.
 *
 * @param values what is not an option, in order
 * @param options the options, by name, with their values; empty for those that take none
 */
record StoreArguments(List<String> values, Map<String, String> options) {
    private static final List<String> SWITCHES =
            List.of("--json", "--dry-run", "--without-keys", "--replace", "--override-managed");
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})(s|m|h|)");
    private static final Pattern VERSION = Pattern.compile("v?(\\d{1,18})");

    /**
     * Reads them.
     *
     * @param command what messages call the command
     * @param allowed the options that it takes
     */
    static StoreArguments parse(String command, List<String> allowed, List<String> arguments) throws UsageException {
        List<String> values = new ArrayList<>();
        Map<String, String> options = new HashMap<>();
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String argument = rest.next();
            if (!argument.startsWith("-")) {
                values.add(argument);
                continue;
            }
            String name = argument.equals("-c") ? "--config" : argument;
            if (!allowed.contains(name)) {
                throw wrong(argument + ": not an option of " + command, "one of those that --help lists");
            }
            if (!SWITCHES.contains(name) && !rest.hasNext()) {
                throw wrong(argument + ": no value", "one after it");
            }
            options.put(name, SWITCHES.contains(name) ? "" : rest.next());
        }
        return new StoreArguments(List.copyOf(values), Map.copyOf(options));
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    @Nullable String option(String name) {
        return options.get(name);
    }

    /** Fails unless there are so many values. */
    void expect(int least, int most, String expected) throws UsageException {
        if (values.size() < least || values.size() > most) {
            throw wrong(values.size() + " arguments", expected);
        }
    }

    /** The file of the node that asks. */
    ConfigSource source() throws UsageException {
        String store = option("--store");
        String config = option("--config");
        if (store != null && config != null) {
            throw wrong("--store and --config", "one of them");
        }
        return store == null
                ? ConfigSource.find(config == null ? null : Path.of(config))
                : ConfigSource.of(StoreOption.text(store, null), "--store");
    }

    /** Where that says that the store is. */
    static StoreConfig store(ConfigSource source) throws UsageException {
        StoreConfig store = source.load().config().store();
        if (store == null) {
            throw wrong(source.file() + ": no store", "the file of a node with a store in --config, or --store");
        }
        return store;
    }

    /** The store of the node that asks, which must be there. */
    OpenStore existing() throws UsageException {
        ConfigSource source = source();
        StoreConfig config = store(source);
        return OpenStore.existing(config, source.directory(config));
    }

    /** The same, for a change: it is made if it is not there yet, unless nothing is to be changed. */
    OpenStore changeable() throws UsageException {
        if (has("--dry-run")) {
            return existing();
        }
        ConfigSource source = source();
        StoreConfig config = store(source);
        return OpenStore.open(config, source.directory(config));
    }

    /** A number of a version, such as {@code v3} or {@code 3}; null if the option is not there. */
    @Nullable Long version(String option) throws UsageException {
        String value = option(option);
        return value == null ? null : version(option, value);
    }

    static long version(String what, String value) throws UsageException {
        Matcher matcher = VERSION.matcher(value);
        if (!matcher.matches()) {
            throw wrong(what + ": " + value, "the number of a version, such as v3");
        }
        return Long.parseLong(matcher.group(1));
    }

    /** A time, such as {@code 2m}; null if the option is not there. */
    @Nullable Duration time(String option) throws UsageException {
        String value = option(option);
        if (value == null) {
            return null;
        }
        Matcher matcher = TIME.matcher(value);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw wrong(option + ": " + value, "a time such as 120s or 2m");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "h" -> Duration.ofHours(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofSeconds(count);
        };
    }

    static UsageException wrong(String what, String expected) {
        return new UsageException(what + " (expected: " + expected + ")");
    }
}
