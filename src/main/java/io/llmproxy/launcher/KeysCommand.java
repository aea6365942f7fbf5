package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.KeyTransfer;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.KeyImport;
import io.llmproxy.store.StoreException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is done with the client keys of a store on the command line. */
final class KeysCommand {
    static final String NAME = "keys";
    static final String USAGE = """
            The client keys in a store

            usage: java -jar llmproxy.jar keys import FILE [--dry-run]
                   java -jar llmproxy.jar keys export

              import              store the keys of a file, all of them or none; a key that is there already gets the
                                  settings that the file gives it, others stay as they are
              export              print all keys, as import reads them

              FILE has a JSON object on each line: name, digest (sha256: and 64 hexadecimal digits) or key, and what the
              key may do: enabled, expires_at, allowed_models, requests_per_second, burst_size, max_concurrent, explain,
              forwards. A key itself is never stored, nor printed.

              -c, --config FILE   the node's file, which names the store; found as without `keys`
                  --store WHERE   a directory with H2, or jdbc:postgresql://host/database, instead of a node's file
                  --dry-run       do everything but the change
                  --json          print what import has done as JSON
              -h, --help          print this

            exit codes: 0 fine, 1 problems found; nothing was changed then, 2 wrong usage
            """;

    private static final Map<String, List<String>> OPTIONS = Map.of(
            "import", List.of("--config", "--store", "--json", "--dry-run"),
            "export", List.of("--config", "--store", "--json"));
    private static final int FOUND = 1;

    private final PrintStream out;
    private final PrintStream err;

    KeysCommand(PrintStream out, PrintStream err) {
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
                    action.isEmpty() ? "keys: no command" : action + ": unknown command", "import or export");
        }
        StoreArguments parsed = StoreArguments.parse("keys " + action, allowed, arguments.subList(1, arguments.size()));
        boolean imports = action.equals("import");
        parsed.expect(imports ? 1 : 0, imports ? 1 : 0, "keys " + action + (imports ? " FILE" : ""));
        ConfigSource source = parsed.source();
        StoreConfig config = StoreArguments.store(source);
        try (OpenStore store = opened(source, config, imports && !parsed.has("--dry-run"))) {
            KeyTransfer transfer = new KeyTransfer(store.keys());
            if (imports) {
                return imported(transfer, parsed);
            }
            transfer.write(out::println);
            return 0;
        } catch (ConfigException e) {
            e.problems().forEach(err::println);
            return FOUND;
        } catch (KeyConflictException e) {
            err.println("llmproxy: " + e.getMessage() + "; nothing was changed");
            return FOUND;
        } catch (StoreException e) {
            err.println("llmproxy: " + e.getMessage());
            return FOUND;
        }
    }

    private static OpenStore opened(ConfigSource source, StoreConfig config, boolean make) {
        Path directory = source.directory(config);
        return make ? OpenStore.open(config, directory) : OpenStore.existing(config, directory);
    }

    private int imported(KeyTransfer transfer, StoreArguments arguments) throws KeyConflictException {
        boolean dry = arguments.has("--dry-run");
        String file = arguments.values().get(0);
        KeyImport.Result result = transfer.read(Path.of(file), Documents.author(), dry);
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("added", result.added());
            told.put("changed", result.changed());
            told.put("unchanged", result.unchanged());
            told.put("stored", !dry);
            out.println(JsonOutput.of(told));
        } else {
            out.println(file + ": " + result.added() + " added, " + result.changed() + " changed, " + result.unchanged()
                    + " unchanged" + (dry ? "; nothing was stored" : ""));
        }
        return 0;
    }
}
