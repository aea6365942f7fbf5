package io.llmproxy.launcher;

import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.Head;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code config check}, {@code diff}, {@code export} and {@code history} show; nothing is changed. */
final class ConfigViews {
    private static final int LATEST = 20;
    private static final int MOST = 10_000;

    private final Documents documents;
    private final StoreArguments arguments;
    private final PrintStream out;
    private final PrintStream err;

    ConfigViews(Documents documents, StoreArguments arguments, PrintStream out, PrintStream err) {
        this.documents = documents;
        this.arguments = arguments;
        this.out = out;
        this.err = err;
    }

    int check() throws UsageException {
        String name = arguments.values().isEmpty() ? "head" : arguments.values().get(0);
        ConfigLoader.Loaded loaded = documents.named(name).loaded();
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("valid", true);
            told.put("warnings", StoreCommand.members(loaded.warnings()));
            out.println(JsonOutput.of(told));
        } else {
            loaded.warnings().forEach(warning -> err.println("warning: " + warning));
            out.println(name + ": the configuration is valid (" + Documents.count(loaded.config()) + ")");
        }
        return 0;
    }

    int diff() throws UsageException {
        String before = arguments.values().get(0);
        String after = arguments.values().get(1);
        boolean stored = Documents.isVersion(before) || Documents.isVersion(after);
        Documents.Document first = stored ? documents.asStored(before) : documents.named(before);
        Documents.Document second = stored ? documents.asStored(after) : documents.named(after);
        String diff = LineDiff.of(
                before, first.loaded().text(), after, second.loaded().text());
        boolean same = diff.isEmpty() && first.content().equals(second.content());
        if (arguments.has("--json")) {
            out.println(JsonOutput.of(Map.of("same", same, "diff", diff)));
        } else if (diff.isEmpty() && !same) {
            out.println("only secrets, comments or spellings differ");
        } else {
            out.print(diff);
        }
        return same ? 0 : 1;
    }

    int export() throws UsageException {
        Long wanted = arguments.version("--version");
        ConfigVersion version = documents.version(wanted);
        if (arguments.has("--json")) {
            Map<String, Object> told = told(version, false);
            told.put("content", version.content());
            out.println(JsonOutput.of(told));
        } else {
            out.print(version.content());
        }
        return 0;
    }

    int history() throws UsageException {
        Long limit = arguments.version("--limit");
        ConfigStore versions = documents.store().versions();
        Head head = versions.head();
        List<ConfigVersion> latest =
                versions.history(Long.MAX_VALUE, limit == null ? LATEST : (int) Math.min(limit, MOST));
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put(
                    "versions",
                    latest.stream()
                            .map(version -> told(version, version.id() == head.version()))
                            .toList());
            told.put("managed_by", head.managedBy());
            out.println(JsonOutput.of(told));
            return 0;
        }
        for (ConfigVersion version : latest) {
            String mark = version.id() != head.version() ? " " : head.isUnconfirmed() ? "?" : "*";
            out.println(mark + " v" + version.id() + "  "
                    + version.createdAt().truncatedTo(ChronoUnit.SECONDS) + "  " + version.author() + "  "
                    + version.origin().word() + "  " + version.message());
        }
        if (head.managedBy() != null) {
            out.println("the configuration is managed by " + head.managedBy());
        }
        if (head.isUnconfirmed()) {
            out.println("v" + head.version() + " goes back to v" + head.fallback() + " at " + head.confirmUntil()
                    + " unless it is confirmed");
        }
        return 0;
    }

    private static Map<String, Object> told(ConfigVersion version, boolean isHead) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("version", version.id());
        told.put("parent", version.parent());
        told.put("created_at", version.createdAt().toString());
        told.put("author", version.author());
        told.put("origin", version.origin().word());
        told.put("message", version.message());
        told.put("sha256", version.sha256());
        if (isHead) {
            told.put("head", true);
        }
        return told;
    }
}
