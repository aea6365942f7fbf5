package io.llmproxy.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** In streams {@code '} stands for a quotation mark, and {@code |} for the end of a line. */
final class UsageEventFilterTest {
    private static final String TEXT = "data: {'id':'c','choices':[{'delta':{'content':'hi'}}],'usage':null}||";
    private static final String FINISH = "data: {'choices':[{'delta':{},'finish_reason':'stop'}]}||";
    private static final String USAGE = "data: {'id':'c','choices':[],'usage':{'prompt_tokens':1,'a':[{}]}}||";
    private static final String DONE = "data: [DONE]||";

    /**
     * A stream.
     *
     * @param passes what is left of it
     */
    private record Case(String name, String stream, String passes) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> streams() {
        return Stream.of(
                        same(
                                "U5 usage beside a choice",
                                TEXT + "data: {'usage':{'a':1},'choices':[{'delta':{}}]}||" + DONE),
                        same(
                                "U4 Azure's first event",
                                "data: {'choices':[],'usage':null,'prompt_filter_results':[{}]}||" + TEXT),
                        new Case("U1 usage alone", TEXT + FINISH + USAGE + DONE, TEXT + FINISH + DONE),
                        new Case(
                                "U6 choices that are null",
                                TEXT + "data: {'choices':null,'usage':{'a':1}}||" + DONE,
                                TEXT + DONE),
                        new Case("no choices at all", "data: {'usage':{'a':1}}||" + DONE, DONE),
                        new Case("usage before choices", "data:{'usage':{},'choices':[ ]}||" + DONE, DONE),
                        new Case("usage twice", USAGE + TEXT + USAGE + USAGE, TEXT),
                        new Case(
                                "over several lines of data",
                                TEXT + "data: {'choices':[],|data: 'usage':|data: {}}||" + DONE,
                                TEXT + DONE),
                        new Case("with other fields", "id: 1|event: x|" + USAGE + TEXT, TEXT),
                        new Case(
                                "between comments",
                                ": a||" + USAGE + ": b||: c|" + USAGE + DONE,
                                ": a||: b||: c|" + DONE),
                        same("an error", "data: {'error':{'message':'usage'}}||"),
                        same("usage that is null", "data: {'choices':[],'usage':null}||"),
                        same("usage further inside", "data: {'choices':[],'x':{'usage':{}}}||"),
                        same("other lists", "data: {'x':[{'usage':{}}],'choices':[]}||"),
                        same("no JSON", "data: usage||data: {'usage':{}||data: {'usage':{}}}||data: 3||"),
                        same(
                                "choices that are no list",
                                "data: {'choices':{},'usage':{}}||data: {'choices':3,'usage':{}}||"),
                        same("text in choices", "data: {'choices':['a'],'usage':{}}||"),
                        same("cut in the middle", TEXT + "data: {'choices':[],'usage':{'a"),
                        same("comments only", ": heartbeat||||: heartbeat|"),
                        new Case("U1 without its blank line", TEXT + "data: {'choices':[],'usage':{}}|", TEXT),
                        same(
                                "longer than is held back",
                                "data: {'choices':[],'usage':{},'x':'" + "y".repeat(9_000) + "'}||"))
                .flatMap(Stream::of);
    }

    private static Case same(String name, String stream) {
        return new Case(name, stream, stream);
    }

    private static String lines(String text, String end) {
        return text.replace('\'', '"').replace("|", end);
    }

    private static String filter(byte[] bytes, int... cuts) {
        UsageEventFilter filter = new UsageEventFilter();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int from = 0;
        for (int cut : cuts) {
            filter.accept(bytes, from, cut - from, out::write);
            from = cut;
        }
        filter.accept(bytes, from, bytes.length - from, out::write);
        filter.finish(out::write);
        return out.toString(UTF_8);
    }

    @ParameterizedTest
    @MethodSource("streams")
    void takesOutWhatHasNothingButUsageHoweverItIsCut(Case stream) {
        for (String end : List.of("\n", "\r\n", "\r")) {
            byte[] bytes = lines(stream.stream, end).getBytes(UTF_8);
            String expected = lines(stream.passes, end);

            assertThat(filter(bytes)).isEqualTo(expected);
            for (int cut = 0; cut <= bytes.length; cut++) {
                assertThat(filter(bytes, cut)).as("%s cut at %d", stream, cut).isEqualTo(expected);
            }
            int[] each = Stream.iterate(1, cut -> cut + 1)
                    .limit(bytes.length - 1L)
                    .mapToInt(cut -> cut)
                    .toArray();
            assertThat(filter(bytes, each)).isEqualTo(expected);
        }
    }

    @Test
    void anEventPassesAsSoonAsItHasAChoice() {
        UsageEventFilter filter = new UsageEventFilter();
        List<String> passed = new ArrayList<>();
        byte[] event = lines(TEXT, "\n").getBytes(UTF_8);
        int choice = TEXT.indexOf("[{") + 2;

        filter.accept(
                event, 0, choice - 1, (bytes, from, length) -> passed.add(new String(bytes, from, length, UTF_8)));
        assertThat(passed).isEmpty();
        filter.accept(
                event, choice - 1, 1, (bytes, from, length) -> passed.add(new String(bytes, from, length, UTF_8)));
        assertThat(String.join("", passed)).isEqualTo(lines(TEXT, "\n").substring(0, choice));
    }

    @Test
    void aPieceIsPassedOnAsAWhole() {
        UsageEventFilter filter = new UsageEventFilter();
        List<Integer> lengths = new ArrayList<>();
        byte[] events = lines(TEXT + TEXT + FINISH + USAGE + DONE, "\n").getBytes(UTF_8);

        filter.accept(events, 0, events.length, (bytes, from, length) -> lengths.add(length));

        assertThat(lengths).containsExactly(2 * TEXT.length() + FINISH.length(), DONE.length());
    }

    @Test
    void aHeartbeatIsNotHeldBack() {
        UsageEventFilter filter = new UsageEventFilter();
        List<Integer> lengths = new ArrayList<>();
        byte[] comment = ": heartbeat\n".getBytes(UTF_8);

        filter.accept(comment, 0, comment.length, (bytes, from, length) -> lengths.add(length));

        assertThat(lengths).containsExactly(comment.length);
    }
}
