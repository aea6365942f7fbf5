package io.llmproxy.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LineDiffTest {
    private static String lines(int from, int to) {
        return IntStream.range(from, to).mapToObj(line -> line + "\n").collect(Collectors.joining());
    }

    @Test
    void equalTextsHaveNone() {
        assertThat(LineDiff.of("a", "1\n2\n", "b", "1\n2\n")).isEmpty();
    }

    @Test
    void tellsWhatWasAddedRemovedAndChanged() {
        assertThat(LineDiff.of("v1", "one\ntwo\nthree\n", "v2", "one\n2\nthree\nfour\n"))
                .isEqualTo("""
                        --- v1
                        +++ v2
                        @@ -1,3 +1,4 @@
                         one
                        -two
                        +2
                         three
                        +four
                        """);
    }

    @Test
    void changesFarApartAreHunksOfTheirOwn() {
        assertThat(LineDiff.of("a", lines(0, 30), "b", "new\n" + lines(0, 29)))
                .isEqualTo("--- a\n+++ b\n@@ -1,3 +1,4 @@\n+new\n 0\n 1\n 2\n@@ -27,4 +28,3 @@\n 26\n 27\n 28\n-29\n");
    }

    @Test
    void wholeTextsComeAndGo() {
        assertThat(LineDiff.of("a", "", "b", "1\n")).isEqualTo("--- a\n+++ b\n@@ -0,0 +1,1 @@\n+1\n");
        assertThat(LineDiff.of("a", "1\n", "b", "")).isEqualTo("--- a\n+++ b\n@@ -1,1 +0,0 @@\n-1\n");
    }

    @Test
    void appliedToTheFirstTextItMakesTheSecond() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            List<String> before = some(random);
            List<String> after = some(random);

            assertThat(applied(LineDiff.of("a", text(before), "b", text(after)), before))
                    .as("%s to %s", before, after)
                    .isEqualTo(after);
        }
    }

    private static List<String> some(Random random) {
        return random.ints(random.nextInt(30), 0, 4).mapToObj(Integer::toString).toList();
    }

    private static String text(List<String> lines) {
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private static List<String> applied(String diff, List<String> before) {
        List<String> made = new ArrayList<>();
        int at = 0;
        for (String line : diff.lines().skip(2).toList()) {
            if (line.startsWith("@@")) {
                String[] place = line.substring(4, line.indexOf(' ', 4)).split(",", -1);
                int start = Integer.parseInt(place[0]) - (place[1].equals("0") ? 0 : 1);
                made.addAll(before.subList(at, start));
                at = start;
            } else if (line.charAt(0) == '+') {
                made.add(line.substring(1));
            } else {
                assertThat(before.get(at++)).isEqualTo(line.substring(1));
                if (line.charAt(0) == ' ') {
                    made.add(line.substring(1));
                }
            }
        }
        made.addAll(before.subList(at, before.size()));
        return made;
    }
}
