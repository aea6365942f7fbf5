package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.Version;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.config.load.FileFormat;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.HeadMovedException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code import litellm}: a file of LiteLLM's proxy becomes one in our words, or the next version of a store. */
final class LiteLlmCommand {
    private final PrintStream out;
    private final PrintStream err;

    LiteLlmCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(StoreArguments arguments) throws UsageException, HeadMovedException {
        Path file = Path.of(arguments.values().get(0));
        String text = text(file);
        Path directory = file.toAbsolutePath().resolveSibling("");
        ConfigLoader.Loaded loaded = ConfigLoader.parse(text, file.toString(), directory, System.getenv());
        if (loaded.format() != FileFormat.LITELLM) {
            throw problem(file, "not a file of LiteLLM (expected: one with a model_list)");
        }
        if (!arguments.has("--json")) {
            loaded.warnings().forEach(warning -> err.println("warning: " + warning));
        }
        String document = ConfigLoader.inOwnWords(text, directory, System.getenv());
        boolean dry = arguments.has("--dry-run");
        String made = arguments.option("--out");
        if (made == null) {
            long version = store(document, file, arguments);
            return told(loaded, "v" + version, version, arguments);
        }
        if (!dry) {
            NewFile.write(Path.of(made), document);
        }
        return told(loaded, made, null, arguments);
    }

    private static String text(Path file) {
        try {
            return TextFile.read(file, YamlParser.MAX_LENGTH);
        } catch (IOException e) {
            throw problem(file, TextFile.reason(e));
        }
    }

    private static ConfigException problem(Path file, String message) {
        return new ConfigException(List.of(new Problem(file.toString(), 0, "", message)));
    }

    /** Returns the number of the version that it becomes, or would become. */
    private static long store(String document, Path file, StoreArguments arguments)
            throws UsageException, HeadMovedException {
        boolean dry = arguments.has("--dry-run");
        ConfigSource source = arguments.source();
        try (Documents documents = new Documents(source, StoreArguments.store(source), !dry)) {
            ConfigStore versions = documents.store().versions();
            long base = versions.head().version();
            String message = "import of LiteLLM's " + file.getFileName();
            Draft draft = documents.sealed(
                    Draft.plain(document, Documents.author(), message, Origin.IMPORT, Version.current(), null, null),
                    file.toString(),
                    dry);
            return dry ? base + 1 : versions.commit(draft, base).id();
        }
    }

    private int told(ConfigLoader.Loaded loaded, String where, @Nullable Long version, StoreArguments arguments) {
        boolean dry = arguments.has("--dry-run");
        ProxyConfig config = loaded.config();
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("upstreams", config.upstreams().size());
            told.put("groups", config.upstreamGroups().size());
            told.put("keys", config.keys().size());
            told.put("warnings", StoreCommand.members(loaded.warnings()));
            told.put("version", version);
            told.put("stored", !dry);
            out.println(JsonOutput.of(told));
        } else {
            out.println(where + (dry ? " would have " : " has ")
                    + Documents.count(config.upstreams().size(), "upstream") + ", "
                    + Documents.count(config.upstreamGroups().size(), "group") + " and "
                    + Documents.count(config.keys().size(), "client key")
                    + (loaded.warnings().isEmpty()
                            ? ""
                            : "; " + Documents.count(loaded.warnings().size(), "warning") + " above")
                    + (dry ? "; nothing was stored" : ""));
        }
        return 0;
    }
}
