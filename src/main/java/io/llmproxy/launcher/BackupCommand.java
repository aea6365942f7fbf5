package io.llmproxy.launcher;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.boot.Version;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.Backup;
import io.llmproxy.store.BackupFile;
import io.llmproxy.store.Databases;
import io.llmproxy.store.Schema;
import io.llmproxy.store.StoreException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code db backup} and {@code db restore}. */
final class BackupCommand {
    private final PrintStream out;
    private final PrintStream err;

    BackupCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int backup(StoreArguments arguments) throws UsageException {
        Path file = Path.of(arguments.values().get(0));
        boolean dry = arguments.has("--dry-run");
        try (OpenStore store = arguments.existing()) {
            Backup made = dry
                    ? store.backup().write(OutputStream.nullOutputStream(), Version.current())
                    : store.backup().write(file, Version.current());
            told(file, made, "written", dry, arguments);
            if (made.secrets() > 0 && !arguments.has("--json")) {
                out.println("its secrets are encrypted with the key " + made.keyId()
                        + ", which is not in it: keep that key apart from it");
            }
            return 0;
        } catch (FileAlreadyExistsException e) {
            throw unwritten(file, "it exists already (expected: the name of a new file)");
        } catch (IOException e) {
            throw unwritten(file, "cannot be written: " + TextFile.reason(e));
        }
    }

    private static ConfigException unwritten(Path file, String why) {
        return new ConfigException(List.of(new Problem(file.toString(), 0, "", why)));
    }

    int restore(StoreArguments arguments) throws UsageException {
        Path file = Path.of(arguments.values().get(0));
        boolean dry = arguments.has("--dry-run");
        BackupFile backup = BackupFile.check(file);
        ConfigSource source = arguments.source();
        StoreConfig config = StoreArguments.store(source);
        Path directory = source.directory(config);
        if (!dry || Databases.isThere(config, directory)) {
            try {
                restore(backup, config, directory, arguments);
            } catch (StoreException e) {
                if (e.kind() != StoreException.Kind.DAMAGED || dry || !arguments.has("--replace")) {
                    throw e;
                }
                err.println("warning: " + e.getMessage());
                err.println("the damaged file is " + Databases.putAside(directory) + " now");
                restore(backup, config, directory, arguments);
            }
        }
        told(file, backup.content(), "restored", dry, arguments);
        return 0;
    }

    private void restore(BackupFile backup, StoreConfig config, Path directory, StoreArguments arguments) {
        boolean dry = arguments.has("--dry-run");
        try (OpenStore store =
                dry ? OpenStore.unchecked(config, directory, false) : OpenStore.open(config, directory)) {
            restore(backup, store, arguments);
        }
    }

    private void restore(BackupFile backup, OpenStore store, StoreArguments arguments) {
        boolean dry = arguments.has("--dry-run");
        Backup content = backup.content();
        String keyId = content.keyId();
        if (content.secrets() > 0
                && keyId != null
                && store.secrets().keys().find(keyId).isEmpty()) {
            err.println("warning: the secrets are encrypted with the key " + keyId
                    + ", which this node does not have (it has: "
                    + store.secrets().keys().ids() + "; expected: that key in store.key or store.old_keys)");
        }
        Schema schema = new Schema(store.database());
        if (dry && schema.version() == 0) {
            return;
        }
        schema.check();
        AuditNote note = AuditNote.plain(Documents.author(), "command", "store.restore")
                .to("backup of " + content.madeAt() + ", v" + content.head());
        store.backup().restore(backup, arguments.has("--replace"), dry, note);
    }

    private void told(Path file, Backup backup, String what, boolean dry, StoreArguments arguments) {
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("file", file.toString());
            told.put("made_at", backup.madeAt());
            told.put("release", backup.release());
            told.put("tables", backup.tables());
            told.put("head", backup.head());
            told.put("versions", backup.versions());
            told.put("secrets", backup.secrets());
            told.put("key", backup.keyId());
            told.put("keys", backup.keys());
            told.put("users", backup.users());
            told.put("tokens", backup.tokens());
            told.put("audit", backup.audit());
            told.put("sha256", backup.sha256());
            told.put(what, !dry);
            out.println(JsonOutput.of(told));
            return;
        }
        out.println(file + (dry ? " would be " : " is ") + what + ": "
                + (backup.head() == 0 ? "no head, " : "the head v" + backup.head() + ", ")
                + Documents.count(backup.versions(), "version") + ", "
                + Documents.count(backup.secrets(), "secret") + ", "
                + Documents.count(backup.keys(), "client key") + ", "
                + Documents.count(backup.users(), "user") + ", "
                + Documents.count(backup.tokens(), "token") + ", "
                + backup.audit() + " of the audit" + (dry ? "; nothing was changed" : ""));
    }
}
