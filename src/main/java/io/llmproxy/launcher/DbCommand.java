package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.Head;
import io.llmproxy.store.NodeReport;
import io.llmproxy.store.Schema;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is done with the database of a store on the command line: migrations, its state, backups. */
final class DbCommand {
    static final String NAME = "db";
    static final String USAGE = """
            The database of a store

            usage: java -jar llmproxy.jar db migrate [--dry-run]
                   java -jar llmproxy.jar db status
                   java -jar llmproxy.jar db backup  FILE [--dry-run]
                   java -jar llmproxy.jar db restore FILE [--replace] [--dry-run]

              migrate             make the tables, or change those of an older release
              status              tell the version of the tables, the head, and which version each node serves
              backup              write all that the store holds into a new file, as it is at one moment: versions, secrets as
                                  they are encrypted, client keys, users, tokens, audit. The key of the secrets is not in it
              restore             put what a backup holds into an empty store, of H2 or PostgreSQL, wherever it was made; the
                                  file is checked whole before anything is changed

                  --replace       restore also into a store that holds something, which gives way; a file of H2 that is damaged is
                                  put aside

              -c, --config FILE   the node's file, which names the store; found as without `db`
                  --store WHERE   a directory with H2, or jdbc:postgresql://host/database, instead of a node's file
                  --dry-run       do everything but the change
                  --json          print JSON
              -h, --help          print this

            exit codes: 0 fine, 1 problems found (status: tables that this release cannot use), 2 wrong usage
            """;

    private final PrintStream out;

    private DbCommand(PrintStream out) {
        this.out = out;
    }

    static StoreCommand of(PrintStream out, PrintStream err) {
        DbCommand db = new DbCommand(out);
        return new StoreCommand(
                NAME,
                USAGE,
                out,
                err,
                Subcommand.of("migrate", db::migrate, "--dry-run"),
                Subcommand.of("status", db::status),
                Subcommand.of("backup FILE", new BackupCommand(out, err)::backup, "--dry-run"),
                Subcommand.of("restore FILE", new BackupCommand(out, err)::restore, "--replace", "--dry-run"));
    }

    private int migrate(StoreArguments arguments) throws UsageException {
        try (OpenStore store = opened(arguments, !arguments.has("--dry-run"))) {
            return migrate(store, arguments);
        }
    }

    private int status(StoreArguments arguments) throws UsageException {
        try (OpenStore store = opened(arguments, false)) {
            return status(store, arguments);
        }
    }

    private static OpenStore opened(StoreArguments arguments, boolean make) throws UsageException {
        ConfigSource source = arguments.source();
        StoreConfig config = StoreArguments.store(source);
        return OpenStore.unchecked(config, source.directory(config), make);
    }

    private int migrate(OpenStore store, StoreArguments arguments) {
        Schema schema = new Schema(store.database());
        int before = schema.version();
        boolean dry = arguments.has("--dry-run");
        int after = dry ? Math.max(before, Schema.WANTED) : schema.migrate();
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("before", before);
            told.put("after", after);
            told.put("changed", !dry && before != after);
            out.println(JsonOutput.of(told));
            return 0;
        }
        String tables = store.database().name() + ": ";
        if (before == after) {
            out.println(tables + "the tables are of version " + after + "; there is nothing to do");
        } else {
            out.println(tables
                    + (before == 0 ? "no tables" : "tables of version " + before)
                    + (dry ? " would become version " : " became version ")
                    + after);
        }
        return 0;
    }

    private int status(OpenStore store, StoreArguments arguments) {
        int version = new Schema(store.database()).version();
        boolean usable = version >= Schema.WANTED && version <= Schema.WANTED + 1;
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("database", store.database().name());
        told.put("tables", version);
        told.put("usable", usable);
        if (usable) {
            Head head = store.versions().head();
            told.put("head", head.version());
            told.put("confirm_until", head.confirmUntil());
            told.put("managed_by", head.managedBy());
            told.put("nodes", store.nodes().live().stream().map(DbCommand::told).toList());
        }
        if (arguments.has("--json")) {
            out.println(JsonOutput.of(told));
        } else if (usable) {
            print(store, version);
        } else {
            out.println(store.database().name() + ": tables of version " + version + " (expected: " + Schema.WANTED
                    + "; `db migrate` makes them)");
        }
        return usable ? 0 : StoreCommand.FOUND;
    }

    private static Map<String, Object> told(NodeReport node) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("name", node.name());
        told.put("release", node.appVersion());
        told.put("active", node.active());
        told.put("tried", node.tried());
        told.put("nack", node.nack());
        return told;
    }

    private void print(OpenStore store, int version) {
        Head head = store.versions().head();
        out.println(store.database().name() + ": tables of version " + version);
        out.println(head.version() == 0 ? "the store is empty" : "the head is v" + head.version());
        if (head.managedBy() != null) {
            out.println("the configuration is managed by " + head.managedBy());
        }
        if (head.isUnconfirmed()) {
            out.println(
                    "it goes back to v" + head.fallback() + " at " + head.confirmUntil() + " unless it is confirmed");
        }
        List<NodeReport> nodes = store.nodes().live();
        if (nodes.isEmpty()) {
            out.println("no node has reported lately");
        }
        for (NodeReport node : nodes) {
            out.println("node " + node.name() + " (" + node.appVersion() + ") serves "
                    + (node.active() == 0 ? "nothing" : "v" + node.active()));
            node.nack().forEach(line -> out.println("  it refuses v" + node.tried() + ": " + line));
        }
    }
}
