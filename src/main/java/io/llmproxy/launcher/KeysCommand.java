package io.llmproxy.launcher;

import io.llmproxy.boot.KeyTransfer;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.KeyImport;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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

    private final PrintStream out;

    private KeysCommand(PrintStream out) {
        this.out = out;
    }

    static StoreCommand of(PrintStream out, PrintStream err) {
        KeysCommand keys = new KeysCommand(out);
        return new StoreCommand(
                NAME,
                USAGE,
                out,
                err,
                Subcommand.of("import FILE", keys::importFile, "--dry-run"),
                Subcommand.of("export", keys::export));
    }

    private int importFile(StoreArguments arguments) throws UsageException, KeyConflictException {
        try (OpenStore store = arguments.changeable()) {
            return imported(new KeyTransfer(store.keys()), arguments);
        }
    }

    private int export(StoreArguments arguments) throws UsageException {
        try (OpenStore store = arguments.existing()) {
            new KeyTransfer(store.keys()).write(out::println);
            return 0;
        }
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
