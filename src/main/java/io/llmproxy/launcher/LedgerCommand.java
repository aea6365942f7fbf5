package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.PriceFiles;
import io.llmproxy.boot.RootCause;
import io.llmproxy.boot.Version;
import io.llmproxy.config.LedgerConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.ledger.Correction;
import io.llmproxy.ledger.LedgerFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is asked of the ledger's files on the command line: {@code ledger verify}, {@code summary}, {@code export}, {@code reprice}, {@code adjust}. */
final class LedgerCommand {
    static final String NAME = "ledger";
    static final String USAGE = """
            The ledger's files: what each attempt and each exchange took and cost

            usage: java -jar llmproxy.jar ledger verify  [DIRECTORY...]
                   java -jar llmproxy.jar ledger summary [--by WHAT] [--from TIME] [--until TIME] [DIRECTORY...]
                   java -jar llmproxy.jar ledger export --csv [--from TIME] [--until TIME] [--output FILE] [DIRECTORY...]
                   java -jar llmproxy.jar ledger reprice --prices FILE [--from TIME] [--until TIME] [DIRECTORY...]
                   java -jar llmproxy.jar ledger adjust --of ID --why TEXT [--count NAME=N]... [--cost 'N CURRENCY']
                                                        [DIRECTORY...]

              verify              look for lines that are damaged, torn, missing or out of order
              summary             add up attempts, tokens and cost
              export              print attempts, exchanges and sums, a row each
              reprice             say what attempts cost by other prices: adds a file to the ledger, changes none
              adjust              say what one attempt really used or cost: adds a file to the ledger, changes none

              -c, --config FILE   take the directories from this configuration; found as without `ledger`
                                  where neither it nor a directory is named
                  --by WHAT       model, upstream, forward, key or day (default: model)
                  --from TIME     only what happened then or later: 2026-11-28 or 2026-11-28T08:00:00Z
                  --until TIME    only what happened before
                  --csv           comma-separated values, the only format so far
                  --prices FILE   a file of prices; --from and --until choose the attempts
                  --output FILE   write to a new file instead of standard output
                  --of ID         the id of the attempt's line
                  --why TEXT      where the correction comes from, such as the provider's bill
                  --count NAME=N  a count as lines name it, such as input_tokens=1200; the others stay
                  --cost COST     such as '0.0123 USD'; without it the cost stays until reprice
              -h, --help          print this

            exit codes: 0 fine, 1 problems found (verify: on stdout, else on stderr), 2 wrong usage
            """;

    private static final Map<String, List<String>> OPTIONS = Map.of(
            "verify", List.of("-c", "--config"),
            "summary", List.of("-c", "--config", "--by", "--from", "--until"),
            "export", List.of("-c", "--config", "--from", "--until", "--csv", "--output"),
            "reprice", List.of("-c", "--config", "--from", "--until", "--prices"),
            "adjust", List.of("-c", "--config", "--of", "--why", "--count", "--cost"));

    private final PrintStream out;
    private final PrintStream err;
    private final List<Path> directories = new ArrayList<>();
    private @Nullable Path config;
    private @Nullable Path output;
    private @Nullable Path prices;
    private String by = "model";
    private @Nullable Instant from;
    private @Nullable Instant until;
    private boolean csv;
    private final List<String> counts = new ArrayList<>();
    private @Nullable String of;
    private @Nullable String why;
    private @Nullable String cost;

    LedgerCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Runs it.
     *
     * @return the number of problems
     */
    int run(List<String> arguments) throws UsageException {
        if (arguments.contains("-h") || arguments.contains("--help")) {
            out.print(USAGE);
            return 0;
        }
        String action = arguments.isEmpty() ? "" : arguments.get(0);
        if (!OPTIONS.containsKey(action)) {
            throw wrong(
                    action.isEmpty() ? "ledger: no command" : action + ": unknown command",
                    "verify, summary, export, reprice or adjust");
        }
        parse(action, arguments.subList(1, arguments.size()).iterator());
        try {
            return act(action, new LedgerFiles(directories.isEmpty() ? configured() : directories));
        } catch (IOException e) {
            err.println("llmproxy: " + RootCause.of(e));
            return 1;
        }
    }

    private int act(String action, LedgerFiles files) throws IOException, UsageException {
        for (Path directory : files.directories()) {
            if (!Files.isDirectory(directory)) {
                throw new IOException(directory + ": no such directory (expected: one with files of a ledger)");
            }
        }
        LedgerFiles.Period period = new LedgerFiles.Period(from, until);
        if (action.equals("verify")) {
            return files.verify(out);
        }
        if (action.equals("summary")) {
            return files.summarize(by, period, out, err);
        }
        if (action.equals("adjust")) {
            return files.adjust(correction(), Version.current(), out, err);
        }
        Path newPrices = prices;
        if (newPrices != null) {
            return PriceFiles.reprice(files, period, newPrices, out, err);
        }
        Path file = output;
        if (file == null) {
            return files.exportCsv(period, out, err);
        }
        return export(files, period, file);
    }

    private int export(LedgerFiles files, LedgerFiles.Period period, Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException exists) {
            throw new IOException(file + ": exists already (expected: a new file)");
        }
        try (PrintStream rows = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
            int problems = files.exportCsv(period, rows, err);
            if (rows.checkError()) {
                throw new IOException(file + ": could not be written whole");
            }
            return problems;
        }
    }

    private Correction correction() throws UsageException {
        String attempt = of;
        String reason = why;
        if (attempt == null || reason == null) {
            throw wrong("adjust: no attempt or no reason", "--of ID and --why TEXT");
        }
        try {
            return Correction.read(attempt, reason, counts, cost);
        } catch (IllegalArgumentException e) {
            throw new UsageException("adjust: " + e.getMessage());
        }
    }

    private List<Path> configured() throws UsageException {
        ConfigSource source = ConfigSource.find(config);
        ProxyConfig loaded = source.load().config();
        LedgerConfig ledger = loaded.ledger();
        Path directory = ledger.directory() != null
                ? ledger.directory()
                : source.ledgerHome(loaded.store()).places().stream()
                        .filter(Files::isDirectory)
                        .findFirst()
                        .orElse(null);
        if (!ledger.enabled() || directory == null) {
            throw wrong("the configuration has no ledger", "a directory with files of one");
        }
        Path spill = ledger.spillDirectory();
        return spill == null || !Files.isDirectory(spill) ? List.of(directory) : List.of(directory, spill);
    }

    private void parse(String action, Iterator<String> rest) throws UsageException {
        while (rest.hasNext()) {
            String argument = rest.next();
            if (argument.startsWith("-")
                    && !OPTIONS.getOrDefault(action, List.of()).contains(argument)) {
                throw wrong(argument + ": not an option of ledger " + action, "one of those that ledger --help lists");
            }
            switch (argument) {
                case "-c", "--config" -> config = Path.of(value(argument, rest));
                case "--by" -> by = grouping(value(argument, rest));
                case "--from" -> from = time(argument, value(argument, rest));
                case "--until" -> until = time(argument, value(argument, rest));
                case "--output" -> output = Path.of(value(argument, rest));
                case "--prices" -> prices = Path.of(value(argument, rest));
                case "--csv" -> csv = true;
                case "--of" -> of = value(argument, rest);
                case "--why" -> why = value(argument, rest);
                case "--count" -> counts.add(value(argument, rest));
                case "--cost" -> cost = value(argument, rest);
                default -> directories.add(Path.of(argument));
            }
        }
        if (action.equals("export") && !csv) {
            throw wrong("export: no format", "--csv");
        }
        if (action.equals("reprice") && prices == null) {
            throw wrong("reprice: no prices", "--prices FILE");
        }
    }

    private static String grouping(String value) throws UsageException {
        if (!LedgerFiles.groupings().contains(value)) {
            throw wrong("--by: " + value, String.join(", ", LedgerFiles.groupings()));
        }
        return value;
    }

    private static Instant time(String option, String value) throws UsageException {
        try {
            return value.length() == 10
                    ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(value);
        } catch (DateTimeException e) {
            throw wrong(option + ": " + value, "2026-11-28 or 2026-11-28T08:00:00Z");
        }
    }

    private static String value(String option, Iterator<String> rest) throws UsageException {
        if (!rest.hasNext()) {
            throw wrong(option + ": no value", "one after it");
        }
        return rest.next();
    }

    private static UsageException wrong(String what, String expected) {
        return new UsageException(what + " (expected: " + expected + ")");
    }
}
