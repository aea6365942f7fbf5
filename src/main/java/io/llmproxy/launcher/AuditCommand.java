package io.llmproxy.launcher;

import io.llmproxy.boot.OpenStore;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.AuditTable;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is asked of the audit in a store on the command line: {@code audit verify}. */
final class AuditCommand {
    static final String NAME = "audit";
    static final String USAGE = """
            The audit in a store: who did what

            usage: java -jar llmproxy.jar audit verify [--expect ID:HASH]

              verify              look at every entry: whether it is as it was written, and none is missing;
                                  print the last one's id and hash, which a later --expect can name

              -c, --config FILE   the node's file, which names the store; found as without `audit`
                  --store WHERE   a directory with H2, or jdbc:postgresql://host/database, instead of a node's file
                  --expect ID:HASH
                                  the entry ID must be there and have this hash, as an earlier `verify` printed it
                  --json          print JSON
              -h, --help          print this

            exit codes: 0 fine, 1 an entry was changed or is missing, or the store does not answer, 2 wrong usage
            """;

    private static final Pattern ENTRY = Pattern.compile("(\\d{1,18}):([0-9a-f]{64})");

    private final PrintStream out;
    private final PrintStream err;

    private AuditCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    static StoreCommand of(PrintStream out, PrintStream err) {
        return new StoreCommand(
                NAME, USAGE, out, err, Subcommand.of("verify", new AuditCommand(out, err)::verify, "--expect"));
    }

    private int verify(StoreArguments arguments) throws UsageException {
        Map<Long, String> expected = expected(arguments);
        try (OpenStore store = arguments.existing()) {
            return told(store.audit().verify(expected), arguments);
        }
    }

    private static Map<Long, String> expected(StoreArguments arguments) throws UsageException {
        String value = arguments.option("--expect");
        if (value == null) {
            return Map.of();
        }
        Matcher matcher = ENTRY.matcher(value);
        if (!matcher.matches()) {
            throw StoreArguments.wrong("--expect: " + value, "ID:HASH, as `audit verify` prints it");
        }
        return Map.of(Long.valueOf(matcher.group(1)), matcher.group(2));
    }

    private int told(AuditTable.Verdict verdict, StoreArguments arguments) {
        String problem = verdict.problem();
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("intact", problem == null);
            told.put("entries", verdict.entries());
            told.put("last", verdict.last());
            told.put("hash", verdict.hash());
            told.put("problem", problem);
            out.println(JsonOutput.of(told));
        } else if (problem == null) {
            out.println("the audit is intact: " + verdict.entries() + " entries; the last one is " + verdict.last()
                    + ":" + verdict.hash());
        } else {
            err.println(
                    "the audit is not intact: " + problem + "; intact up to " + verdict.last() + ":" + verdict.hash());
        }
        return problem == null ? 0 : StoreCommand.FOUND;
    }
}
