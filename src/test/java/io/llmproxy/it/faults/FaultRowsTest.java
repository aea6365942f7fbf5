package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultRowsTest {
    private static Stream<String> numbered(String family, int last) {
        return IntStream.rangeClosed(1, last).mapToObj(number -> family + number);
    }

    @Test
    void eachRowHasATestAndEachTestARow() {
        List<String> rows = FaultRow.all().stream().map(FaultRow::id).toList();
        Set<String> tested =
                FaultTests.all().stream().flatMap(run -> run.rows().stream()).collect(Collectors.toSet());

        assertThat(rows).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(tested);
    }

    @Test
    void noRowHasBeenLost() {
        Stream<String> demanded = Stream.of(
                        numbered("U", 38),
                        numbered("F", 16),
                        numbered("C", 19),
                        Stream.of("S4", "S5", "S6", "S10", "S17"),
                        Stream.of("A1", "A2", "A3", "A6", "A7", "A8"),
                        numbered("P", 10))
                .flatMap(family -> family);

        assertThat(FaultRow.all()).extracting(FaultRow::id).containsAll(demanded.toList());
    }
}
