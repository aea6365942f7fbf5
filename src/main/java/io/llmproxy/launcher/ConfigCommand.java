package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.HeadMovedException;
import java.io.PrintStream;

/** What is asked of the versions in a store on the command line, and what becomes the next one. */
final class ConfigCommand {
    static final String NAME = "config";
    static final String USAGE = """
            The configuration in a store: its versions, and what becomes the next one

            usage: java -jar llmproxy.jar config check    [FILE]
                   java -jar llmproxy.jar config diff     A B
                   java -jar llmproxy.jar config import   FILE [--expect vN] [--message TEXT] [--confirm-within TIME]
                                                         [--managed-by NAME]
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
                  --managed-by NAME
                                  import says that NAME, such as git, manages the configuration: from now on it is changed by
                                  imports with that name, and by nothing else; `none` ends that
                  --override-managed
                                  import or go back although something else manages it; its next import may undo that
              -h, --help          print this

            exit codes: 0 fine, 1 problems found or the head has moved (diff: there is a difference), 2 wrong usage
            """;

    private final PrintStream out;
    private final PrintStream err;

    private ConfigCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    static StoreCommand of(PrintStream out, PrintStream err) {
        ConfigCommand config = new ConfigCommand(out, err);
        return new StoreCommand(
                NAME,
                USAGE,
                out,
                err,
                Subcommand.of("check [FILE]", config.view(ConfigViews::check)),
                Subcommand.of("diff A B", config.view(ConfigViews::diff)),
                Subcommand.of(
                        "import FILE",
                        config.change(true, ConfigChanges::importFile),
                        "--expect",
                        "--message",
                        "--confirm-within",
                        "--managed-by",
                        "--override-managed",
                        "--dry-run"),
                Subcommand.of("export", config.view(ConfigViews::export), "--version"),
                Subcommand.of("history", config.view(ConfigViews::history), "--limit"),
                Subcommand.of(
                        "rollback vN",
                        config.change(false, ConfigChanges::rollBack),
                        "--expect",
                        "--override-managed",
                        "--dry-run"),
                Subcommand.of("confirm [vN]", config.change(false, ConfigChanges::confirm), "--dry-run"));
    }

    @FunctionalInterface
    private interface View {
        int show(ConfigViews views) throws UsageException;
    }

    @FunctionalInterface
    private interface Change {
        int make(ConfigChanges changes) throws UsageException, HeadMovedException;
    }

    private Subcommand.Doing view(View view) {
        return arguments -> {
            try (Documents documents = documents(arguments, false)) {
                return view.show(new ConfigViews(documents, arguments, out, err));
            }
        };
    }

    /** @param make whether a store that is not there yet is made */
    private Subcommand.Doing change(boolean make, Change change) {
        return arguments -> {
            try (Documents documents = documents(arguments, make && !arguments.has("--dry-run"))) {
                return change.make(new ConfigChanges(documents, arguments, out, err));
            }
        };
    }

    private static Documents documents(StoreArguments arguments, boolean make) throws UsageException {
        ConfigSource source = arguments.source();
        return new Documents(source, StoreArguments.store(source), make);
    }
}
