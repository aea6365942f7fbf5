package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.store.StoreWorld.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NumberTableTest {
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

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aNameKeepsItsNumberAndNoNumberIsGivenTwice(Kind kind) {
        NumberTable numbers = new NumberTable(world.migrated(kind));

        assertThat(numbers.of("provider", List.of())).isEmpty();
        assertThat(numbers.of("provider", List.of("b", "a"))).isEqualTo(Map.of("b", 1L, "a", 2L));
        assertThat(numbers.of("provider", List.of("c"))).isEqualTo(Map.of("c", 3L));
        assertThat(numbers.of("credential", List.of("a"))).isEqualTo(Map.of("a", 1L));

        NumberTable again = new NumberTable(world.again());
        assertThat(again.of("provider", List.of("a", "d", "d"))).isEqualTo(Map.of("a", 2L, "d", 4L));
        assertThat(again.name("provider", 1)).contains("b");
        assertThat(again.name("provider", 9)).isEmpty();
        assertThat(again.name("credential", 2)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void severalMayAskAtOnce(Kind kind) throws Exception {
        NumberTable numbers = new NumberTable(world.migrated(kind));
        // As many as the pool has connections.
        int askers = 3;
        CountDownLatch gate = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(askers);
        try {
            List<Future<Map<String, Long>>> answers = new ArrayList<>();
            for (int i = 0; i < askers; i++) {
                List<String> names = List.of("common", "own-" + i);
                answers.add(threads.submit(() -> {
                    gate.await();
                    return numbers.of("provider", names);
                }));
            }
            gate.countDown();
            List<Long> given = new ArrayList<>();
            Map<String, Long> first = answers.get(0).get(60, TimeUnit.SECONDS);
            for (Future<Map<String, Long>> answer : answers) {
                Map<String, Long> told = answer.get(60, TimeUnit.SECONDS);
                assertThat(told.get("common")).isEqualTo(first.get("common"));
                told.forEach((name, number) -> {
                    if (!name.equals("common")) {
                        given.add(number);
                    }
                });
            }
            assertThat(given).doesNotHaveDuplicates().hasSize(askers);
        } finally {
            threads.shutdownNow();
        }
    }
}
