package io.llmproxy.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.ServerProcess;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code java -jar llmproxy.jar ledger}, on files that a ledger has written. */
class LedgerCliIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Path directory = Artefacts.workDirectory("ledger-cli");
    private final Path files = directory.resolve("ledger");

    /** What a run of the jar comes to. */
    private record Result(int code, String output) {}

    @BeforeEach
    void write() {
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(files));
        for (int number = 1; number <= 10; number++) {
            long exchange = ledger.nextExchange();
            ledger.add(LedgerFixtures.attempt(exchange, 1000, 100));
            ledger.add(LedgerFixtures.exchange(exchange));
        }
        ledger.stop();
    }

    private Result run(String... arguments) {
        List<String> command = JavaCommand.launcher();
        command.add("ledger");
        command.addAll(List.of(arguments));
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            return new Result(process.exitCode(SOON), process.log());
        }
    }

    @Test
    void aLedgerThatIsWholeIsVerified() {
        assertThat(run("verify", files.toString()))
                .isEqualTo(new Result(
                        0,
                        "1 files, 20 records, 0 problems, 0 records missing after crashes, 0 attempts open"
                                + " at crashes\n"));
    }

    @Test
    void whatIsWrongIsToldWithItsPlace() throws IOException {
        Path file = LedgerFixtures.files(files).get(0);
        Files.writeString(file, Files.readString(file).replace("req-3", "req-4"));

        Result verdict = run("verify", files.toString());
        assertThat(verdict.code()).isEqualTo(1);
        assertThat(verdict.output())
                .startsWith(file + ":7: the checksum is wrong")
                .contains("1 problems");
        Result summary = run("summary", files.toString());
        assertThat(summary.code()).isEqualTo(1);
        assertThat(summary.output()).contains(file + ":7: ").contains("gpt-5");
    }

    @Test
    void attemptsAreAddedUpByWhatIsAskedFor() {
        assertThat(run("summary", files.toString()).output()).isEqualTo("""
                model  attempts  input  cached  output  reasoning  cost
                gpt-5        10  10000       0    1000          0  0.012500001 USD
                all          10  10000       0    1000          0  0.012500001 USD
                """);
        for (String by : List.of("upstream", "forward", "key", "day")) {
            Result result = run("summary", "--by", by, "--from", "2026-11-28", files.toString());
            assertThat(result.code()).isZero();
            assertThat(result.output()).startsWith(by).containsAnyOf("openai", "llm", "team-a", "2026-11-28");
        }
        assertThat(run("summary", "--until", "2026-11-28T12:00:00Z", files.toString())
                        .output())
                .contains("all           0");
    }

    @Test
    void laterPricesCount() {
        String first = LedgerFixtures.lines("attempt", files).get(0).id();
        Ledger ledger = LedgerFixtures.start(LedgerFixtures.config(files));
        ledger.add(new RepriceRecord(
                0,
                first,
                "prices of December",
                new Cost(Cost.State.PRICED, new Money(5_000_000_000_000L, "USD"), Cost.From.TABLE, null, "2026-12"),
                null));
        ledger.stop();

        assertThat(run("summary", files.toString()).output()).contains("5.0112500009 USD");
    }

    @Test
    void attemptsArePricedAnewOnce() throws IOException {
        Path prices = directory.resolve("prices.yaml");
        Files.writeString(prices, """
                version: "2027"
                currency: USD
                models:
                  - {model: gpt-5, per_million: {input: "2", output: "10"}}
                """);
        String before = Files.readString(LedgerFixtures.files(files).get(0));

        Result first = run("reprice", "--prices", prices.toString(), files.toString());

        assertThat(first.code()).as(first.output()).isZero();
        assertThat(first.output())
                .startsWith("10 attempts, 10 of them cost something else now: before 0.012500001 USD, now 0.03 USD\n")
                .contains("added: " + files);
        assertThat(run("summary", files.toString()).output()).contains("0.03 USD");
        assertThat(run("verify", files.toString()).output()).startsWith("2 files, 30 records, 0 problems");
        assertThat(LedgerFixtures.files(files)).hasSize(2);
        assertThat(Files.readString(LedgerFixtures.files(files).stream()
                        .filter(file -> !file.getFileName().toString().startsWith("reprice"))
                        .findFirst()
                        .orElseThrow()))
                .isEqualTo(before);

        Result second = run("reprice", "--prices", prices.toString(), files.toString());
        assertThat(second.output())
                .isEqualTo("10 attempts, 0 of them cost something else now: before 0.03 USD, now 0.03 USD\n");
        assertThat(LedgerFixtures.files(files)).hasSize(2);

        Files.writeString(prices, "version: \"2027\"\nmodels: [{model: gpt-5, per_milion: {input: \"2\"}}]\n");
        Result wrong = run("reprice", "--prices", prices.toString(), files.toString());
        assertThat(wrong.code()).isEqualTo(1);
        assertThat(wrong.output()).contains(prices + ":2").contains("per_milion");
        assertThat(run("reprice", files.toString()).code()).isEqualTo(2);
    }

    @Test
    void anAttemptIsCorrectedAndThatCounts() throws IOException {
        String id = LedgerFixtures.lines("attempt", files).get(0).id();

        Result adjusted = run(
                "adjust",
                "--of",
                id,
                "--why",
                "bill of December",
                "--count",
                "input_tokens=77",
                "--cost",
                "3.5 EUR",
                files.toString());

        assertThat(adjusted.code()).as(adjusted.output()).isZero();
        assertThat(adjusted.output()).startsWith("added: " + files);
        assertThat(run("verify", files.toString()).output()).contains(" 0 problems");
        assertThat(run("summary", files.toString()).output()).contains("3.5 EUR + 0.0112500009 USD");
        assertThat(LedgerFixtures.lines("adjust", files).get(0).json().text())
                .contains("\"of\":\"" + id + "\",\"why\":\"bill of December\"")
                .contains("\"input_tokens\":77,");

        Result again = run("adjust", "--of", id, "--why", "w", "--count", "output_tokens=9", files.toString());
        assertThat(again.code()).as(again.output()).isZero();
        assertThat(run("summary", files.toString()).output()).contains("3.5 EUR + 0.0112500009 USD");
        assertThat(LedgerFixtures.lines("adjust", files))
                .anySatisfy(
                        line -> assertThat(line.json().text()).contains("\"input_tokens\":77,", "\"output_tokens\":9"));
    }

    @Test
    void whatCannotBeCorrectedIsNamed() throws IOException {
        String place = files.toString();
        Result unknown = run("adjust", "--of", "no-such-1", "--why", "w", "--cost", "1 USD", place);
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.output()).contains("no-such-1: no such attempt (expected: ");

        Result wrong = run("adjust", "--of", "i", "--why", "w", "--cost", "1.5", place);
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.output()).contains("adjust: 1.5 (expected: an amount and its currency, such as 0.0123 USD)");
        assertThat(run("adjust", "--why", "w", "--cost", "1 USD", place).output())
                .contains("adjust: no attempt or no reason (expected: --of ID and --why TEXT)");
        assertThat(LedgerFixtures.files(files)).hasSize(1);
    }

    @Test
    void rowsAreExported() throws IOException {
        Result rows = run("export", "--csv", files.toString());
        assertThat(rows.code()).isZero();
        assertThat(rows.output().split("\r\n"))
                .hasSize(21)
                .allSatisfy(row -> assertThat(row.split(",", -1)).hasSize(65));
        assertThat(rows.output()).startsWith("t,id,at,exchange,").contains(",/v1/chat/completions,gpt-5,");

        Path csv = directory.resolve("rows.csv");
        assertThat(run("export", "--csv", "--output", csv.toString(), files.toString()))
                .isEqualTo(new Result(0, ""));
        assertThat(Files.readString(csv)).isEqualTo(rows.output());
        assertThat(run("export", "--csv", "--output", csv.toString(), files.toString()))
                .isEqualTo(new Result(1, "llmproxy: " + csv + ": exists already (expected: a new file)\n"));
    }

    @Test
    void directoriesAreTakenFromTheConfiguration() throws IOException {
        String text = """
                http_server: {forwards: [{name: one, port: 3000, upstream_group: g}]}
                upstreams: [{name: u, url: "http://127.0.0.1:1"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """;
        Path named = Files.writeString(directory.resolve("named.yaml"), text + "ledger: {directory: ledger}\n");
        Path home = Files.createDirectories(directory.resolve("home/ledger/beside"));
        for (Path file : LedgerFixtures.files(files)) {
            Files.copy(file, home.resolve(file.getFileName()));
        }
        Path beside = Files.writeString(directory.resolve("home/beside.yaml"), text);
        Path nothing = Files.writeString(directory.resolve("nothing.yaml"), text);
        Path off = Files.writeString(directory.resolve("home/off.yaml"), text + "ledger: {enabled: false}\n");

        for (Path config : List.of(named, beside)) {
            assertThat(run("verify", "--config", config.toString()).output()).contains("20 records, 0 problems");
        }
        for (Path config : List.of(nothing, off)) {
            Result none = run("verify", "-c", config.toString());
            assertThat(none.code()).isEqualTo(2);
            assertThat(none.output()).contains("the configuration has no ledger (expected: a directory");
        }
        assertThat(run("verify", "-c", "nosuch.yaml").code()).isEqualTo(1);
    }

    @Test
    void wrongUsageIsToldFromProblems() {
        for (String wrong : List.of(
                "",
                "check",
                "verify --by model",
                "summary --by colour",
                "summary --from yesterday",
                "summary --until",
                "export",
                "export --json",
                "verify --nosuch")) {
            Result result = run(wrong.split(" "));
            assertThat(result.code()).as(wrong).isEqualTo(2);
            assertThat(result.output()).as(wrong).startsWith("llmproxy: ").contains("(expected: ", "usage: ");
        }
        Result missing = run("verify", directory.resolve("nosuch").toString());
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.output()).contains("nosuch: no such directory (expected: one with files of a ledger)");
        Result help = run("--help");
        assertThat(help.code()).isZero();
        assertThat(help.output()).contains("verify", "summary", "export --csv", "exit codes");
    }
}
