package io.llmproxy.launcher;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.ListIterator;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param action what to do
 * @param config the configuration file that was named, or null
 * @param store where the configuration is kept, or null if it is a file
 */
record LauncherOptions(
        Action action, @Nullable Path config, @Nullable String store) {
    private static final String STATE = "state";

    static final String USAGE = """
            LLMProxy, a gateway for LLM APIs

            usage: java -jar llmproxy.jar [--config FILE]    run
                   java -jar llmproxy.jar --demo             run with a built-in mock LLM, to try it
                   java -jar llmproxy.jar ledger --help      read the ledger's files
                   java -jar llmproxy.jar prices --help      check or import files of prices
                   java -jar llmproxy.jar config --help      the configuration in a store: import, history, rollback
                   java -jar llmproxy.jar keys --help        the client keys in a store: import, export
                   java -jar llmproxy.jar secrets --help     the secrets in a store: put, list, rotate
                   java -jar llmproxy.jar import --help      bring maywzh's llm-proxy's database, or a file of LiteLLM
                   java -jar llmproxy.jar db --help          the database of a store
                   java -jar llmproxy.jar audit --help       whether the audit in a store is intact

              -c, --config FILE   the configuration; else the system property llmproxy.config,
                                  the environment variable LLMPROXY_CONFIG, or ./config.yaml
                  --store [WHERE] keep the configuration in a database: a directory for H2 (default: state), or
                                  jdbc:postgresql://host/database; --config is version 1 if it is empty
              -t, --check         check the configuration, print every problem, exit with 0 or 1
                  --print-config  print the configuration in LLMProxy's own words, secrets masked: also one of
                                  x5iu/llm-proxy or maywzh/llm-proxy; what has no counterpart is listed
                  --demo          forward port 3000 to a mock LLM inside, admin on port 9000
                  --version       print the version
              -h, --help          print this

            exit codes: 0 fine, 1 bad configuration, 2 wrong usage, 3 a port is taken
            """;

    /** What the launcher can do. */
    enum Action {
        RUN,
        CHECK,
        PRINT_CONFIG,
        DEMO,
        VERSION,
        HELP
    }

    /** A command line that makes no sense. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }

    static LauncherOptions parse(List<String> arguments) throws UsageException {
        Action action = Action.RUN;
        Path config = null;
        String store = null;
        for (ListIterator<String> rest = arguments.listIterator(); rest.hasNext(); ) {
            String argument = rest.next();
            switch (argument) {
                case "-c", "--config" -> config = Path.of(value(argument, rest));
                case "--store" -> store = place(rest);
                case "-t", "--check" -> action = Action.CHECK;
                case "--print-config" -> action = Action.PRINT_CONFIG;
                case "--demo" -> action = Action.DEMO;
                case "--version" -> action = Action.VERSION;
                case "-h", "--help" -> action = Action.HELP;
                default -> {
                    if (!argument.startsWith("--config=")) {
                        throw new UsageException(
                                argument + ": unknown option (expected: one of those that --help lists)");
                    }
                    config = Path.of(argument.substring("--config=".length()));
                }
            }
        }
        return new LauncherOptions(action, config, store);
    }

    private static String place(ListIterator<String> rest) {
        if (!rest.hasNext()) {
            return STATE;
        }
        String next = rest.next();
        if (next.startsWith("-")) {
            rest.previous();
            return STATE;
        }
        return next;
    }

    private static String value(String option, Iterator<String> rest) throws UsageException {
        if (!rest.hasNext()) {
            throw new UsageException(option + ": no value (expected: a file)");
        }
        return rest.next();
    }
}
