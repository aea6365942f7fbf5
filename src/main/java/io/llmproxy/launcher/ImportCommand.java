package io.llmproxy.launcher;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.MaywzhImport;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.boot.Version;
import io.llmproxy.config.Secret;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.KeyImport;
import io.llmproxy.store.MaywzhRows;
import io.llmproxy.store.MaywzhTables;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is brought from the database of another system on the command line: {@code import maywzh}. */
final class ImportCommand {
    static final String NAME = "import";
    static final String USAGE = """
            Bring the configuration of another system

            usage: java -jar llmproxy.jar import maywzh --jdbc URL --out FILE
                   java -jar llmproxy.jar import maywzh --jdbc URL [--config FILE | --store WHERE]
                   java -jar llmproxy.jar import litellm FILE --out FILE
                   java -jar llmproxy.jar import litellm FILE [--config FILE | --store WHERE]

              maywzh              the database of maywzh's llm-proxy, which is only read: its providers become upstreams,
                                  its credentials client keys; clients keep the keys that they have. The variables of that
                                  system (PORT, ADMIN_KEY and the like) count, too
              litellm             the config.yaml of LiteLLM's proxy: its deployments become upstreams, its router's settings
                                  groups and rules, its master key a client key and the operators' token. What has no
                                  counterpart is told; what restricts callers and has none is an error

                  --jdbc URL      jdbc:postgresql://host/database; DB_URL of that system unless stated
                  --user NAME     user of the database; its password is in PGPASSWORD, unless the URL has both
                  --out FILE      write a configuration into a file that is not there yet, with the secrets in it; only
                                  its owner can read it
              -c, --config FILE   or make it the next version of the store that this node's file names, and its client keys
                  --store WHERE   or of the store in this directory with H2, or at jdbc:postgresql://host/database
                  --without-keys  import also if no credential is enabled: then everybody may use the gateway, as there
                  --dry-run       do everything but the change
                  --json          print what was done as JSON
              -h, --help          print this

            exit codes: 0 fine, 1 problems found; nothing was changed then, 2 wrong usage
            """;

    private final PrintStream out;
    private final PrintStream err;

    private ImportCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    static StoreCommand of(PrintStream out, PrintStream err) {
        return new StoreCommand(
                NAME,
                USAGE,
                out,
                err,
                Subcommand.of(
                        "maywzh",
                        new ImportCommand(out, err)::maywzh,
                        "--jdbc",
                        "--user",
                        "--out",
                        "--without-keys",
                        "--dry-run"),
                Subcommand.of("litellm FILE", new ImportCommand(out, err)::litellm, "--out", "--dry-run"));
    }

    private int maywzh(StoreArguments arguments) throws UsageException, KeyConflictException {
        requireOneTarget(arguments);
        try {
            return bring(rows(arguments), arguments);
        } catch (HeadMovedException e) {
            err.println("llmproxy: " + e.getMessage() + "; the client keys are stored, the configuration is not");
            return StoreCommand.FOUND;
        }
    }

    private static void requireOneTarget(StoreArguments arguments) throws UsageException {
        if (arguments.has("--out") && (arguments.has("--config") || arguments.has("--store"))) {
            throw StoreArguments.wrong("--out and a store", "one of them");
        }
    }

    private int litellm(StoreArguments arguments) throws UsageException, HeadMovedException {
        requireOneTarget(arguments);
        return new LiteLlmCommand(out, err).run(arguments);
    }

    private static MaywzhRows rows(StoreArguments arguments) throws UsageException {
        String stated = arguments.option("--jdbc");
        String url = stated == null ? System.getenv("DB_URL") : stated;
        if (url == null || url.isBlank()) {
            throw StoreArguments.wrong("no database", "--jdbc, or DB_URL in the environment");
        }
        DatabaseUrl database = DatabaseUrl.of(url);
        String user = arguments.option("--user");
        String password = System.getenv("PGPASSWORD");
        return MaywzhTables.read(
                database.jdbc(),
                user == null ? database.user() : user,
                password == null ? database.password() : new Secret(password));
    }

    private int bring(MaywzhRows rows, StoreArguments arguments)
            throws UsageException, KeyConflictException, HeadMovedException {
        if (!rows.asksForKeys() && !arguments.has("--without-keys")) {
            err.println("llmproxy: no credential is enabled there, so that everybody may use that gateway; nothing was"
                    + " imported (expected: an enabled credential, or --without-keys)");
            return StoreCommand.FOUND;
        }
        MaywzhImport found = MaywzhImport.of(rows, System.getenv());
        found.warnings().forEach(warning -> err.println("warning: " + warning));
        String file = arguments.option("--out");
        return file == null ? store(found, arguments) : write(Path.of(file), found, arguments);
    }

    private int write(Path file, MaywzhImport found, StoreArguments arguments) {
        if (!arguments.has("--dry-run")) {
            NewFile.write(file, found.document());
        }
        return told(found, arguments, file.toString(), null, null);
    }

    /** The keys first: once one is there, each forward asks for one. */
    private int store(MaywzhImport found, StoreArguments arguments)
            throws UsageException, KeyConflictException, HeadMovedException {
        boolean dry = arguments.has("--dry-run");
        ConfigSource source = arguments.source();
        Draft draft = Draft.plain(
                found.documentWithoutKeys(),
                Documents.author(),
                "import from the database of maywzh's llm-proxy",
                Origin.IMPORT,
                Version.current(),
                null,
                null);
        try (OpenStore store = arguments.changeable()) {
            ConfigStore versions = store.versions();
            long base = versions.head().version();
            Draft sealed =
                    store.secrets().sealed(source, draft, "the database", dry).draft();
            versions.refuseManaged(sealed);
            AuditNote note = AuditNote.plain(Documents.author(), "command", "key.import");
            KeyImport.Result keys = store.keys().store(found.keys(), dry, note);
            if (dry) {
                return told(found, arguments, "v" + (base + 1), keys, base + 1);
            }
            long made = versions.commit(sealed, base).id();
            return told(found, arguments, "v" + made, keys, made);
        }
    }

    private int told(
            MaywzhImport found,
            StoreArguments arguments,
            String where,
            KeyImport.@Nullable Result keys,
            @Nullable Long version) {
        boolean dry = arguments.has("--dry-run");
        int upstreams = found.config().upstreams().size();
        int brought = found.config().keys().size();
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("upstreams", upstreams);
            told.put("keys", brought);
            told.put("keys_added", keys == null ? null : keys.added());
            told.put("version", version);
            told.put("stored", !dry);
            out.println(JsonOutput.of(told));
        } else {
            out.println(where + (dry ? " would have " : " has ") + Documents.count(upstreams, "upstream") + " and "
                    + Documents.count(brought, "client key") + (dry ? "; nothing was stored" : ""));
        }
        return 0;
    }
}
