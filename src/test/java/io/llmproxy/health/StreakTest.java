package io.llmproxy.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreakTest {
    /** Plays checks ({@code +} or {@code -}) and says which of them convince ({@code !}) and which do not ({@code .}). */
    private static String played(Streak streak, String checks) {
        StringBuilder convinced = new StringBuilder();
        checks.chars().forEach(check -> convinced.append(streak.convinces(check == '+') ? '!' : '.'));
        return convinced.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, +-+-, !!!!",
        "3, 1, ---, ..!",
        "3, 1, --+--, ..!..",
        "3, 1, --+---, ..!..!",
        "3, 2, ---+-+, ..!...",
        "3, 2, ---++-, ..!.!.",
        "2, 3, --+++--, .!..!.!",
        "2, 2, ----, .!!!",
        "2, 2, ++++, .!!!",
    })
    void onlyEnoughInARowConvince(int failures, int successes, String checks, String convinced) {
        assertThat(played(new Streak(failures, successes), checks)).isEqualTo(convinced);
    }

    @Test
    void theLengthStartsAnewWithEachTurn() {
        Streak streak = new Streak(2, 2);

        played(streak, "+++--");

        assertThat(streak.length()).isEqualTo(2);
    }

    @Test
    void whatConvincesHasHappenedThatOftenInARow() {
        Random random = new Random(4);
        for (int round = 0; round < 200; round++) {
            int failures = 1 + random.nextInt(5);
            int successes = 1 + random.nextInt(5);
            Streak streak = new Streak(failures, successes);
            StringBuilder history = new StringBuilder();
            for (int check = 0; check < 50; check++) {
                boolean success = random.nextInt(3) > 0;
                history.append(success ? '+' : '-');
                String wanted = (success ? "+" : "-").repeat(success ? successes : failures);
                assertThat(streak.convinces(success))
                        .as(history.toString())
                        .isEqualTo(history.toString().endsWith(wanted));
            }
        }
    }
}
