package io.llmproxy.launcher;

import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.SecretRefusedException;
import java.util.List;
import java.util.stream.Stream;

/**
 * One thing that a command about a store does.
 *
 * @param form its name and what stands behind it, as the help writes it: {@code put NAME [FILE]}
 * @param options those that it takes besides {@code --config}, {@code --store} and {@code --json}
 * @param doing does it
 */
record Subcommand(String form, List<String> options, Doing doing) {
    private static final List<String> COMMON = List.of("--config", "--store", "--json");

    /** Does it, and returns the exit code. */
    @FunctionalInterface
    interface Doing {
        int act(StoreArguments arguments)
                throws UsageException, HeadMovedException, KeyConflictException, SecretRefusedException;
    }

    static Subcommand of(String form, Doing doing, String... options) {
        return new Subcommand(form, List.of(options), doing);
    }

    private List<String> words() {
        return List.of(form.split(" "));
    }

    String name() {
        return words().get(0);
    }

    /** Reads what stands behind its name. */
    StoreArguments parse(String command, List<String> arguments) throws UsageException {
        StoreArguments parsed = StoreArguments.parse(
                command + " " + name(),
                Stream.concat(COMMON.stream(), options.stream()).toList(),
                arguments);
        int most = words().size() - 1;
        int least = (int)
                words().stream().skip(1).filter(word -> !word.startsWith("[")).count();
        parsed.expect(least, most, command + " " + form);
        return parsed;
    }
}
