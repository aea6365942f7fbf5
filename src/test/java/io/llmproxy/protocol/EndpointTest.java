package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.ModelPath.Place;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table says of each endpoint all that is to be known of it, and nothing that contradicts itself. */
final class EndpointTest {
    /** A path that is for an endpoint and for no other. */
    private static String example(Endpoint endpoint) {
        return endpoint.path().replace("**", "/x/y").replaceAll("\\{\\w+}", "z");
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByItsPath(Endpoint endpoint) {
        ApiPath path = ApiPath.of(example(endpoint));

        assertThat(path.endpoint()).isEqualTo(endpoint);
        assertThat(path.dialect()).isEqualTo(endpoint.dialect());
        assertThat(path.family()).isEqualTo(endpoint.family());
    }

    @ParameterizedTest
    @EnumSource
    void isFoundBelowABase(Endpoint endpoint) {
        String example = example(endpoint);
        boolean versioned = example.startsWith("/v1/");

        assertThat(ApiPath.of(versioned || !endpoint.isKnown() ? "/base" + example : example)
                        .endpoint())
                .isEqualTo(endpoint);
        assertThat(ApiPath.of(versioned && endpoint.isKnown() ? example.substring(3) : example)
                        .endpoint())
                .isEqualTo(endpoint);
    }

    @ParameterizedTest
    @EnumSource
    void hasNoColumnLeftOut(Endpoint endpoint) {
        assertThat(endpoint.path()).startsWith(endpoint.isKnown() ? "/" : "**");
        assertThat(endpoint.label()).isEqualTo(endpoint.isKnown() ? endpoint.path() : "other");
        assertThat(endpoint.family()).isNotNull();
        assertThat(endpoint.dialect()).isNotNull();
        assertThat(endpoint.place()).isNotNull();
        assertThat(endpoint.operation()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void saysWhereTheModelStandsAsItsPathDoes(Endpoint endpoint) {
        boolean inPath = ModelPath.model(example(endpoint)) != null;

        assertThat(endpoint.isKnown() && inPath).isEqualTo(endpoint.place() == Place.PATH);
    }

    @ParameterizedTest
    @EnumSource
    void tellsUsageWhereverAModelIsPaid(Endpoint endpoint) {
        Set<Operation> paid = Set.of(Operation.CHAT, Operation.COMPLETION, Operation.EMBEDDING, Operation.EMBEDDINGS);

        assertThat(endpoint.usage("POST").isPresent() || !paid.contains(endpoint.operation()))
                .isTrue();
        assertThat(endpoint.usage("GET")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void knowsTheStreamsOfWhatCanBeConverted(Endpoint endpoint) {
        boolean streams = Set.of(Operation.CHAT, Operation.COMPLETION).contains(endpoint.operation());
        // Google has an endpoint of its own for each, the whole answer and the stream.
        boolean whole = endpoint.path().endsWith(":generateContent");

        assertThat(endpoint.streamApi() != null || whole || !streams || !endpoint.isKnown())
                .isTrue();
        assertThat(endpoint.isStream()).isEqualTo(endpoint.path().endsWith(":streamGenerateContent"));
    }

    @ParameterizedTest
    @EnumSource
    void isRepeatedOnlyIfNothingIsMade(Endpoint endpoint) {
        Set<Operation> making = Set.of(Operation.CHAT, Operation.COMPLETION);
        Set<Operation> reading = Set.of(Operation.COUNT, Operation.EMBEDDING, Operation.EMBEDDINGS);

        assertThat(endpoint.isRepeatable() && making.contains(endpoint.operation()))
                .isFalse();
        assertThat(endpoint.isRepeatable() || !reading.contains(endpoint.operation()))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void isHedgedOnlyIfItStreamsAndKeepsNothing(Endpoint endpoint) {
        boolean streams = endpoint.streamApi() != null && endpoint.operation() != Operation.OTHER;
        boolean keeps = endpoint == Endpoint.RESPONSE;
        boolean claude = endpoint == Endpoint.CLAUDE_STREAM;
        assertThat(endpoint.isHedgeable()).isEqualTo((streams && !keeps) || claude);
    }

    @ParameterizedTest
    @EnumSource
    void isComputedWhereItTellsUsageAndNeverWhereClientsStore(Endpoint endpoint) {
        assertThat(endpoint.isComputed("GET")).isFalse();
        assertThat(endpoint.isComputed("POST") || endpoint.usage("POST").isEmpty())
                .isTrue();
        boolean stored =
                endpoint.path().matches(".*(files|batches|\\{id}|/models).*") && endpoint.place() == Place.NONE;
        assertThat(stored && endpoint.isComputed("POST")).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void makesAResourceWhereItSaysSo(Endpoint endpoint) {
        if (endpoint.place() == Place.RESOURCE) {
            assertThat(GoogleResource.of(endpoint).reader()).isNotNull();
        }
    }

    @Test
    void hasANameOfItsOwn() {
        assertThat(Arrays.stream(Endpoint.values()).map(Endpoint::path)).doesNotHaveDuplicates();
    }
}
