package io.llmproxy.ledger;

import io.llmproxy.config.LedgerConfig;
import io.llmproxy.journal.Journal;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Records, settings and clocks for tests of the ledger. */
final class LedgerFixtures {
    static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    static final Journal.Limits LIMITS = new Journal.Limits(65_536, 1024, Duration.ofMillis(1), Duration.ofSeconds(4));

    private LedgerFixtures() {}

    /** A clock that stands still until it is told. */
    static final class Clock {
        private final AtomicLong millis = new AtomicLong(NOON.toEpochMilli());
        private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

        void pass(Duration duration) {
            millis.addAndGet(duration.toMillis());
            nanos.addAndGet(duration.toNanos());
        }

        /** The wall clock is set; the other goes on. */
        void set(Instant now) {
            millis.set(now.toEpochMilli());
        }

        Time time() {
            return new Time(() -> Instant.ofEpochMilli(millis.get()), nanos::get);
        }
    }

    static LedgerConfig config(Path directory) {
        return config(directory, null, 256L << 20, Duration.ofHours(1), false);
    }

    static LedgerConfig config(Path directory, @Nullable Path spill, long size, Duration age, boolean compress) {
        return new LedgerConfig(
                true, directory, spill, LedgerConfig.Sync.INTERVAL, size, age, compress, Duration.ZERO, 0, "node-1");
    }

    static Node node() {
        return Node.start("node-1", "1.0");
    }

    static Ledger start(LedgerConfig config) {
        return Ledger.start(config, node(), Time.SYSTEM, DiskFile::create, LIMITS);
    }

    static AttemptRecord attempt(long exchange, long input, long output) {
        return attempt(exchange, "openai", input, output, "completed", List.of("stop"));
    }

    static AttemptRecord attempt(
            long exchange, String upstream, long input, long output, String outcome, List<String> finishReasons) {
        AttemptUsage usage = new AttemptUsage(
                Usage.of(input, output),
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                null,
                output * 4,
                new AttemptUsage.Answer("gpt-5-2025-08-07", "chatcmpl-1", "default", null, null, null),
                Set.of(),
                null);
        Cost cost = new Cost(
                Cost.State.PRICED, new Money(input * 1_250_000 + output, "USD"), Cost.From.TABLE, null, "2026-11-28");
        return new AttemptRecord(
                NOON.toEpochMilli() + exchange,
                exchange,
                1,
                new AttemptRecord.Where("llm", "chat", upstream, 0, "team-a", "openai", "chat", "/v1/chat/completions"),
                "gpt-5",
                "gpt-5",
                true,
                new AttemptRecord.Ending(200, outcome, null, finishReasons),
                new AttemptRecord.Times(0, 90, 410, 1500, 1567),
                1200,
                3400,
                usage,
                cost);
    }

    static ExchangeRecord exchange(long number) {
        return new ExchangeRecord(
                NOON.toEpochMilli() + number,
                number,
                "req-" + number,
                "llm",
                "team-a",
                1,
                200,
                "completed",
                null,
                1570,
                null,
                null);
    }

    /** What {@code ledger verify} prints. */
    static String verified(Path... directories) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            new LedgerFiles(List.of(directories)).verify(new PrintStream(out, true, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    static List<LineReader.Line> lines(Path... directories) {
        List<LineReader.Line> lines = new ArrayList<>();
        try {
            Scan scan = Scan.of(List.of(directories), lines::add);
            if (!scan.problems().isEmpty()) {
                throw new AssertionError(scan.problems());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    static List<LineReader.Line> lines(String type, Path... directories) {
        return lines(directories).stream()
                .filter(line -> line.type().equals(type))
                .toList();
    }

    static List<Path> files(Path directory) {
        try {
            return LedgerName.in(directory).stream().map(LedgerName.Found::path).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
