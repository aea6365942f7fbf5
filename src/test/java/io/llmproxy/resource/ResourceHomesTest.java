package io.llmproxy.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.resource.ResourceHomes.Kept;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class ResourceHomesTest {
    private final ResourceHomes<String> homes = new ResourceHomes<>();

    @Test
    void whatIsLearnedIsFound() {
        homes.learn("resp_1", "a", "client", false);
        homes.learn("file-1", "b", null, false);

        assertThat(homes.find("resp_1")).isEqualTo(new Kept<>("a", "client"));
        assertThat(homes.find("file-1")).isEqualTo(new Kept<>("b", null));
        assertThat(homes.find("file-2")).isNull();
    }

    @Test
    void noOtherClientTakesOverWhatIsKnown() {
        homes.learn("resp_1", "a", "client", false);

        homes.learn("resp_1", "b", "other", false);

        assertThat(homes.find("resp_1")).isEqualTo(new Kept<>("a", "client"));
    }

    @Test
    void whatBelongsToAClientIsOpenToThatClientOnly() {
        assertThat(new Kept<>("a", "client").isOpenTo("client")).isTrue();
        assertThat(new Kept<>("a", "client").isOpenTo("other")).isFalse();
        assertThat(new Kept<>("a", "client").isOpenTo(null)).isFalse();
        assertThat(new Kept<>("a", null).isOpenTo("other")).isTrue();
        assertThat(new Kept<>("a", null).isOpenTo(null)).isTrue();
    }

    @Test
    void ofWhatIsFoundOtherNodesAreNotToldButAsked() {
        Listening others = new Listening();
        homes.share(others);
        homes.learnFound("file-1", "a", true);
        homes.learn("file-1", "a", "client", true);
        assertThat(homes.find("file-1")).isEqualTo(new Kept<>("a", null, true));
        assertThat(homes.isSettled("file-1")).isFalse();
        assertThat(homes.ask(List.of("file-1"))).isSameAs(others.answer);
        assertThat(others.told).isEmpty();

        homes.hear("file-1", new Kept<>("a", "client"));
        homes.learnFound("file-1", "b", true);
        assertThat(homes.find("file-1")).as("its owner is known").isEqualTo(new Kept<>("a", "client"));
        assertThat(homes.isSettled("file-1")).isTrue();
        assertThat(homes.ask(List.of("file-1"))).isNull();
    }

    @Test
    void theFirstStrangeOneIsSaidOnce() {
        assertThat(homes.isFirstStrange()).isTrue();
        assertThat(homes.isFirstStrange()).isFalse();
    }

    @Test
    void itIsKnownWhetherThereAreFiles() {
        homes.learn("resp_1", "a", null, false);
        assertThat(homes.mayHoldFiles()).isFalse();

        homes.learn("file-1", "a", null, true);
        homes.learn("file-2", "a", null, true);

        assertThat(homes.mayHoldFiles()).isTrue();
    }

    /** Other nodes that know nothing, and write down what they are told and asked. */
    private static final class Listening implements ResourceHomes.Others<String> {
        private final List<String> told = new ArrayList<>();
        private final List<List<String>> asked = new ArrayList<>();
        private final CompletableFuture<Boolean> answer = new CompletableFuture<>();

        @Override
        public void tell(String id, Kept<String> kept) {
            told.add(id + "=" + kept.home() + "," + kept.owner());
        }

        @Override
        public CompletableFuture<Boolean> ask(List<String> ids) {
            asked.add(ids);
            return answer;
        }

        @Override
        public boolean isAway() {
            return false;
        }
    }

    @Test
    void whatIsLearnedOtherNodesAreToldOnce() {
        Listening others = new Listening();
        homes.learn("alone", "a", null, false);
        homes.share(others);
        homes.learn("resp_1", "a", "client", false);
        homes.learn("resp_1", "b", null, false);
        homes.share(null);
        homes.learn("resp_2", "a", null, false);

        assertThat(others.told).containsExactly("resp_1=a,client");
        assertThat(homes.known())
                .toIterable()
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("alone", "resp_1", "resp_2");
    }

    @Test
    void otherNodesAreAskedOnlyForWhatIsNotKnown() {
        Listening others = new Listening();
        assertThat(homes.ask(List.of("resp_1"))).isNull();
        homes.share(others);
        homes.learn("resp_1", "a", null, false);

        assertThat(homes.ask(List.of("resp_1"))).isNull();
        assertThat(homes.ask(List.of())).isNull();
        assertThat(homes.ask(List.of("resp_2", "resp_1", "resp_3"))).isSameAs(others.answer);
        assertThat(others.asked).containsExactly(List.of("resp_2", "resp_3"));
    }

    @Test
    void whatAnotherNodeKnowsTakesThePlaceOfWhatIsKnown() {
        Listening others = new Listening();
        homes.share(others);
        assertThat(homes.mayHoldFiles()).as("others may").isTrue();
        homes.learn("file-1", "a", null, false);
        homes.hear("file-1", new Kept<>("b", "client"));
        homes.share(null);

        assertThat(homes.find("file-1")).isEqualTo(new Kept<>("b", "client"));
        assertThat(others.told).hasSize(1);
        assertThat(homes.mayHoldFiles()).isTrue();
        assertThat(homes.isShared()).isFalse();
    }

    @Test
    void whatDoesNotFitIsForgotten() {
        ResourceHomes<String> small = new ResourceHomes<>(10_000);
        for (int number = 0; number < 1000; number++) {
            small.learn("resp_" + number, "a", null, false);
        }

        long kept = 0;
        for (int number = 0; number < 1000; number++) {
            kept += small.find("resp_" + number) == null ? 0 : 1;
        }
        assertThat(kept).isBetween(1L, 75L);
    }
}
