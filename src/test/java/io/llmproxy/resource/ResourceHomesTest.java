package io.llmproxy.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.resource.ResourceHomes.Kept;
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
    void itIsKnownWhetherThereAreFiles() {
        homes.learn("resp_1", "a", null, false);
        assertThat(homes.holdsFiles()).isFalse();

        homes.learn("file-1", "a", null, true);
        homes.learn("file-2", "a", null, true);

        assertThat(homes.holdsFiles()).isTrue();
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
