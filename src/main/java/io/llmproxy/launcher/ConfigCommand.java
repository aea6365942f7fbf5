package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.StoreException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is asked of the versions in a store on the command line, and what becomes the next one. */
final class ConfigCommand {
    static final String NAME = "config";
    static final String USAGE = """
            The configuration in a store: its versions, and what becomes the next one

            usage: java -jar llmproxy.jar config check    [FILE]
                   java -jar llmproxy.jar config diff     A B
                   java -jar llmproxy.jar config import   FILE [--expect vN] [--message TEXT] [--confirm-within TIME]
                   java -jar llmproxy.jar config export   [--version vN]
                   java -jar llmproxy.jar config history  [--limit N]
                   java -jar llmproxy.jar config rollback vN [--expect vN]
                   java -jar llmproxy.jar config confirm  [vN]

              check               check a file, or the head, as this node would; print every problem
              diff                compare two of these: a version (v3), head, a file; secrets are not shown
              import              make a file the next version, which all nodes serve
              export              print the head, or another version, as it is stored; it refers to its secrets
              history             list the latest versions
              rollback            make a new version of what an older one says
              confirm             keep the head, which else goes back

              -c, --config FILE   the node's file, which names the store; found as without `config`
                  --store WHERE   a directory with H2, or jdbc:postgresql://host/database, instead of a node's file
                  --expect vN     change nothing unless vN is the head
                  --message TEXT  what the change is for
                  --confirm-within TIME
                                  go back to the version before unless it is confirmed within this time, such as 2m
                  --dry-run       do everything but the change
                  --json          print JSON
              -h, --help          print this

            exit codes: 0 fine, 1 problems found or the head has moved (diff: there is a difference), 2 wrong usage
            """;

    private static final Map<String, List<String>> OPTIONS = Map.of(
            "check", List.of(),
            "diff", List.of(),
            "import", List.of("--expect", "--message", "--confirm-within", "--dry-run"),
            "export", List.of("--version"),
            "history", List.of("--limit"),
            "rollback", List.of("--expect", "--dry-run"),
            "confirm", List.of("--dry-run"));
    private static final int FOUND = 1;

    private final PrintStream out;
    private final PrintStream err;

    ConfigCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Runs it.
     *
     * @return the exit code
     */
    int run(List<String> arguments) throws UsageException {
        if (arguments.contains("-h") || arguments.contains("--help")) {
            out.print(USAGE);
            return 0;
        }
        String action = arguments.isEmpty() ? "" : arguments.get(0);
        List<String> allowed = OPTIONS.get(action);
        if (allowed == null) {
            throw StoreArguments.wrong(
                    action.isEmpty() ? "config: no command" : action + ": unknown command",
                    "check, diff, import, export, history, rollback or confirm");
        }
        StoreArguments parsed = StoreArguments.parse(
                "config " + action,
                Stream.concat(Stream.of("--config", "--store", "--json"), allowed.stream())
                        .toList(),
                arguments.subList(1, arguments.size()));
        try {
            return act(action, parsed);
        } catch (ConfigException e) {
            return refused(e.problems(), parsed);
        } catch (HeadMovedException e) {
            err.println("llmproxy: " + e.getMessage() + "; nothing was changed");
            return FOUND;
        } catch (StoreException e) {
            err.println("llmproxy: " + e.getMessage());
            return FOUND;
        }
    }

    private int refused(List<Problem> problems, StoreArguments arguments) {
        if (arguments.has("--json")) {
            out.println(JsonOutput.of(Map.of("problems", ConfigViews.told(problems))));
        } else {
            problems.forEach(err::println);
        }
        return FOUND;
    }

    private int act(String action, StoreArguments arguments) throws UsageException, HeadMovedException {
        ConfigSource source = arguments.source();
        StoreConfig config = StoreArguments.store(source);
        boolean make = action.equals("import") && !arguments.has("--dry-run");
        try (Documents documents = new Documents(source, config, make)) {
            ConfigViews views = new ConfigViews(documents, arguments, out, err);
            ConfigChanges changes = new ConfigChanges(documents, arguments, out, err);
            return switch (action) {
                case "check" -> views.check();
                case "diff" -> views.diff();
                case "export" -> views.export();
                case "history" -> views.history();
                case "import" -> changes.importFile();
                case "rollback" -> changes.rollBack();
                default -> changes.confirm();
            };
        }
    }
}
