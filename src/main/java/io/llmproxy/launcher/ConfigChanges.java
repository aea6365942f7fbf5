package io.llmproxy.launcher;

import io.llmproxy.access.Mandate;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.boot.Version;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.Head;
import io.llmproxy.store.HeadMovedException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@code config import}, {@code rollback} and {@code confirm} change. */
final class ConfigChanges {
    private final Documents documents;
    private final StoreArguments arguments;
    private final PrintStream out;
    private final PrintStream err;

    ConfigChanges(Documents documents, StoreArguments arguments, PrintStream out, PrintStream err) {
        this.documents = documents;
        this.arguments = arguments;
        this.out = out;
        this.err = err;
    }

    int importFile() throws UsageException, HeadMovedException {
        String name = arguments.values().get(0);
        Long expected = arguments.version("--expect");
        Duration confirmWithin = arguments.time("--confirm-within");
        String message = arguments.option("--message");
        Mandate mandate = mandate();
        Documents.Document document = documents.file(name);
        document.loaded().warnings().forEach(warning -> err.println("warning: " + warning));
        ConfigStore versions = documents.store().versions();
        Head head = versions.head();
        long base = expected == null ? head.version() : expected;
        ConfigVersion current = versions.version(head.version()).orElse(null);
        Draft draft = documents.sealed(
                Draft.plain(
                                document.content(),
                                Documents.author(),
                                message == null ? "import " + name : message,
                                Origin.IMPORT,
                                Version.current(),
                                null,
                                confirmWithin)
                        .under(mandate),
                name,
                arguments.has("--dry-run"));
        if (base == head.version() && current != null && current.content().equals(draft.content())) {
            String marked = marked(draft, head.managedBy(), false);
            return told(name + " is what v" + base + " says already; nothing was stored" + marked, base, base, false);
        }
        return commit(draft, base, name);
    }

    /** In whose name the command changes something. */
    private Mandate mandate() throws UsageException {
        String manager = arguments.option("--managed-by");
        boolean none = Mandate.NOTHING.equals(manager);
        if (manager != null && !none && !Mandate.isName(manager)) {
            throw StoreArguments.wrong("--managed-by: " + manager, Mandate.NAMES);
        }
        return new Mandate(none ? null : manager, none || arguments.has("--override-managed"));
    }

    /** Says what manages the configuration, where no commit does. Returns what is told of it. */
    private String marked(Draft draft, @Nullable String before, boolean committed) {
        String manager = draft.mandate().manager();
        if (!arguments.has("--managed-by") || Objects.equals(before, manager)) {
            return "";
        }
        if (!arguments.has("--dry-run") && (!committed || manager == null)) {
            ConfigStore versions = documents.store().versions();
            versions.refuseManaged(draft);
            var unused = versions.manage(manager, AuditNote.plain(Documents.author(), "command", "config.manage"));
        }
        return manager == null ? "; " + before + " does not manage it any more" : "; it is managed by " + manager;
    }

    int rollBack() throws UsageException, HeadMovedException {
        long to = StoreArguments.version("rollback", arguments.values().get(0));
        Documents.Document old = documents.named("v" + to);
        Long expected = arguments.version("--expect");
        long base = expected == null ? documents.store().versions().head().version() : expected;
        Draft draft = documents.sealed(
                OpenStore.rollback(to, old.content(), Documents.author()).under(mandate()),
                "v" + to,
                arguments.has("--dry-run"));
        return commit(draft, base, "what v" + to + " says");
    }

    private int commit(Draft draft, long base, String what) throws HeadMovedException {
        ConfigStore versions = documents.store().versions();
        Head head = versions.head();
        if (arguments.has("--dry-run")) {
            versions.refuseManaged(draft);
            if (head.version() != base) {
                throw new HeadMovedException(base, head.version());
            }
            return told(what + " would be v" + (base + 1) + "; nothing was stored", base, base, false);
        }
        ConfigVersion made = versions.commit(draft, base);
        String until = draft.confirmWithin() == null
                ? ""
                : "; it goes back in " + draft.confirmWithin().toSeconds() + " s unless `config confirm v" + made.id()
                        + "` keeps it";
        return told(
                what + " is v" + made.id() + " now" + until + marked(draft, head.managedBy(), true),
                made.id(),
                base,
                true);
    }

    int confirm() throws UsageException, HeadMovedException {
        ConfigStore versions = documents.store().versions();
        Head head = versions.head();
        long version = arguments.values().isEmpty()
                ? head.version()
                : StoreArguments.version("confirm", arguments.values().get(0));
        if (version != head.version()) {
            throw new HeadMovedException(version, head.version());
        }
        if (head.isUnconfirmed()
                && !arguments.has("--dry-run")
                && !versions.confirm(version, AuditNote.plain(Documents.author(), "command", "config.confirm"))) {
            throw new HeadMovedException(version, versions.head().version());
        }
        return told(
                head.isUnconfirmed()
                        ? "v" + version + (arguments.has("--dry-run") ? " would stay" : " stays")
                        : "v" + version + " stays; it needed no confirmation",
                version,
                version,
                false);
    }

    private int told(String sentence, long version, long base, boolean stored) {
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("version", version);
            told.put("base", base);
            told.put("stored", stored);
            out.println(JsonOutput.of(told));
        } else {
            out.println(sentence);
        }
        return 0;
    }
}
