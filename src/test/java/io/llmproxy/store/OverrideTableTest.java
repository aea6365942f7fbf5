package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.store.StoreWorld.Kind;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OverrideTableTest {
    private static final Instant SINCE = Instant.parse("2030-01-01T10:00:00Z");

    /** More digits than a database keeps. */
    private static final Instant UNTIL = Instant.parse("2030-01-01T11:00:00.123456789Z");

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

    private static OverrideTable.Row row(String upstream, @Nullable Instant until) {
        return new OverrideTable.Row(upstream, "", "disabled", 0, until, null, "ann", SINCE);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theEndOfAChangeRemovesThatAndNoLaterOne(Kind kind) {
        OverrideTable table = new OverrideTable(world.migrated(kind));
        table.put(row("over", UNTIL));
        table.put(row("longer", UNTIL.plusMillis(1)));
        table.put(row("for ever", null));
        table.put(new OverrideTable.Row("over", "group", null, 7, null, null, "ann", SINCE));
        long number = table.number();

        table.removeOver("over", UNTIL);
        table.removeOver("longer", UNTIL);
        table.removeOver("for ever", UNTIL);

        assertThat(table.all())
                .extracting(one -> one.upstream() + " " + one.group())
                .containsExactly("for ever ", "longer ", "over group");
        assertThat(table.number()).isGreaterThan(number);
    }
}
