package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.store.StoreWorld.Kind;
import io.llmproxy.store.UsageHours.Mark;
import io.llmproxy.store.UsageHours.Move;
import io.llmproxy.store.UsageHours.Row;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UsageHoursTest {
    private static final Instant HOUR = Instant.parse("2030-01-01T10:00:00Z");
    private static final String RUN = "0123456789abcdef";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld world;

    @BeforeEach
    void prepare() {
        world = new StoreWorld(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static Row row(Instant hour, String model, String currency, long tokens, String cost) {
        return new Row(hour, "main", "-", model, "u", currency, 1, 0, tokens, 0, tokens, 0, 0, new BigDecimal(cost));
    }

    private static List<String> told(UsageHours table, Instant from, Instant until) {
        List<String> told = new ArrayList<>();
        assertThat(table.read(
                        from,
                        until,
                        100,
                        row -> told.add(row.hour() + " " + row.model() + " " + row.attempts() + " " + row.input() + " "
                                + row.cost().stripTrailingZeros().toPlainString() + row.currency())))
                .isTrue();
        told.sort(null);
        return told;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatNodesAddIsToldTogether(Kind kind) {
        UsageHours table = new UsageHours(world.migrated(kind));
        Mark first = new Mark(RUN, 1, 900, 3);
        table.add(
                "one",
                List.of(row(HOUR, "a", "USD", 5, "0.000000000001"), row(HOUR, "b", "", 7, "0")),
                List.of(new Move(null, first)));
        table.add(
                "one",
                List.of(row(HOUR, "a", "USD", 6, "1.5"), row(HOUR, "a", "EUR", 0, "2")),
                List.of(new Move(first, new Mark(RUN, 2, 0, 9))));
        table.add(
                "two",
                List.of(row(HOUR, "a", "USD", 100, "1"), row(HOUR.plusSeconds(3600), "a", "USD", 1, "1")),
                List.of(new Move(null, new Mark("fedcba9876543210", 1, 1, 1))));

        assertThat(told(table, HOUR, HOUR.plusSeconds(3600)))
                .containsExactly(
                        "2030-01-01T10:00:00Z a 1 0 2EUR",
                        "2030-01-01T10:00:00Z a 3 111 2.500000000001USD",
                        "2030-01-01T10:00:00Z b 1 7 0");
        assertThat(told(table, HOUR.plusSeconds(1), HOUR.plusSeconds(7200))).hasSize(1);
        assertThat(table.read(HOUR, HOUR.plusSeconds(3600), 2, row -> {})).isFalse();
        assertThat(table.marks(Set.of(RUN, "0000000000000000"))).containsExactly(new Mark(RUN, 2, 0, 9));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatAnotherProcessHasToldIsNotAddedAgain(Kind kind) {
        UsageHours table = new UsageHours(world.migrated(kind));
        Mark first = new Mark(RUN, 1, 900, 3);
        List<Row> rows = List.of(row(HOUR, "a", "USD", 5, "1"));
        table.add("one", rows, List.of(new Move(null, first)));

        for (Move late : List.of(
                new Move(null, new Mark(RUN, 1, 950, 4)),
                new Move(new Mark(RUN, 1, 800, 2), new Mark(RUN, 1, 950, 4)))) {
            assertThatThrownBy(() -> table.add("one", rows, List.of(late)))
                    .isInstanceOfSatisfying(
                            StoreException.class,
                            refused -> assertThat(refused.kind()).isEqualTo(StoreException.Kind.CONFLICT));
        }

        assertThat(told(table, HOUR, HOUR.plusSeconds(1))).containsExactly("2030-01-01T10:00:00Z a 1 5 1USD");
        assertThat(table.marks(Set.of(RUN))).containsExactly(first);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void oldHoursAreForgottenAndNamesAreCut(Kind kind) {
        UsageHours table = new UsageHours(world.migrated(kind));
        Instant now = Instant.now().truncatedTo(ChronoUnit.HOURS);
        Mark mark = new Mark(RUN, 1, 900, 3);
        table.add(
                "one",
                List.of(
                        row(now.minus(Duration.ofDays(3)), "old", "USD", 5, "1"),
                        row(now, "x".repeat(1000), "USD", 5, "1")),
                List.of(new Move(null, mark)));

        assertThat(table.forget(Duration.ofDays(2))).isTrue();
        assertThat(table.forget(Duration.ofDays(2))).isFalse();

        assertThat(told(table, Instant.EPOCH, now.plusSeconds(1)))
                .containsExactly(now + " " + "x".repeat(300) + " 1 5 1USD");
        assertThat(table.marks(Set.of(RUN))).containsExactly(mark);
    }
}
