package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.ResourcePath.Trait;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ResourcePathTest {
    @ParameterizedTest
    @CsvSource({
        "/v1/responses/resp_1, resp_1, false",
        "/responses/resp_1/cancel, resp_1, false",
        "/v1/responses/resp_1/input_items, resp_1, false",
        "/v1/conversations/conv_1/items/msg_2, conv_1, false",
        "/v1/chat/completions/chatcmpl-1, chatcmpl-1, false",
        "/v1/files/file-1/content, file-1, true",
        "/openai/v1/uploads/upload_1/parts, upload_1, true",
        "/v1/batches/batch_1/cancel, batch_1, false",
        "/v1/vector_stores/vs_1/files/file-2, vs_1, true",
        "/v1/fine_tuning/jobs/ftjob-1/events, ftjob-1, false",
        "/v1/messages/batches/msgbatch_1/results, msgbatch_1, false",
        "/v1beta/cachedContents/c1, cachedContents/c1, true",
        "/v1beta/files/f1, files/f1, true",
        "/v1beta/files/f1:download, files/f1, true",
        "/v1beta/batches/b1:cancel, batches/b1, false",
        "/v1beta1/projects/p/locations/l/cachedContents/7, cachedContents/7, true",
        "/v1/responses, , false",
        "/v1/responses/, , false",
        "/v1//files/file-1, file-1, true",
        "//v1/files///file-1//content, file-1, true",
        "/v1/files, , true",
        "/v1/fine_tuning/jobs, , false",
        "/v1/messages/batches, , false",
        "/v1beta/cachedContents, , true",
        "/v1beta/models/gemini-2.5-flash:batchGenerateContent, , false",
    })
    void whatIsKeptIsFoundInThePath(String path, String id, boolean file) {
        ResourcePath found = Objects.requireNonNull(of(path));

        assertThat(found.id()).isEqualTo(id);
        assertThat(found.is(Trait.FILE)).isEqualTo(file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/messages",
                "/v1/messages/count_tokens",
                "/v1/embeddings",
                "/",
                "/v1",
                "/v1/models",
                "/v1/models/files",
                "/health",
                "/v1/fine_tuning",
                "/v1beta/models/m:generateContent",
                "/v1/projects/p/locations/l",
            })
    void otherPathsSayNothing(String path) {
        assertThat(of(path)).isNull();
    }

    @Test
    void whatIsSearchedStaysAsItIs() {
        assertThat(found("/v1/vector_stores/vs_1/search").is(Trait.SEARCH)).isTrue();
        for (String path : List.of(
                "/v1/vector_stores/vs_1",
                "/v1/vector_stores/vs_1/files/search",
                "/v1/vector_stores/search",
                "/v1/files/f1/search")) {
            assertThat(found(path).is(Trait.SEARCH)).as(path).isFalse();
        }
    }

    @Test
    void ofChatsAndGooglesFilesIsNotHeardWhoMadeThem() {
        assertThat(found("/v1/chat/completions/chat_1").is(Trait.UNHEARD)).isTrue();
        assertThat(found("/v1beta/files/f1").is(Trait.UNHEARD)).isTrue();
        assertThat(found("/v1/files/f1").is(Trait.UNHEARD)).isFalse();
    }

    @Test
    void wordsOfResponsesNameNothingThatIsKept() {
        for (String path : List.of("/v1/responses/compact", "/v1/responses/input_tokens")) {
            assertThat(found(path)).isEqualTo(new ResourcePath(null, null, Set.of()));
        }
    }

    private static ResourcePath found(String path) {
        return Objects.requireNonNull(of(path), path);
    }

    @Test
    void anIdentifierThatIsTooLongIsOneThatIsNeverKnown() {
        for (String path : new String[] {"/v1/files/", "/v1/responses/", "/v1beta/cachedContents/"}) {
            ResourcePath found = Objects.requireNonNull(of(path + "f".repeat(513)));

            assertThat(found.id()).isEqualTo(ResourcePath.TOO_LONG);
            assertThat(found.googles()).isNull();
        }
        assertThat(of("/v1/files/" + "f".repeat(510)))
                .as("only Google's name of it is too long")
                .isEqualTo(new ResourcePath("f".repeat(510), null, Set.of(Trait.FILE)));
    }

    @Test
    void whereThePathDoesNotTellWhoseItIsGooglesNameIsThereToo() {
        assertThat(of("/v1/files/f1")).isEqualTo(new ResourcePath("f1", "files/f1", Set.of(Trait.FILE)));
        assertThat(of("/v1/files/f1:download"))
                .isEqualTo(new ResourcePath("f1:download", "files/f1", Set.of(Trait.FILE)));
        assertThat(of("/v1beta/files/f1"))
                .isEqualTo(new ResourcePath("files/f1", null, Set.of(Trait.FILE, Trait.GOOGLES, Trait.UNHEARD)));
        assertThat(of("/v1/cachedContents/c1"))
                .isEqualTo(new ResourcePath("cachedContents/c1", null, Set.of(Trait.FILE, Trait.GOOGLES)));
        assertThat(of("/v1/projects/p/locations/l/cachedContents/7"))
                .isEqualTo(new ResourcePath("cachedContents/7", null, Set.of(Trait.FILE, Trait.GOOGLES)));
    }

    private static @Nullable ResourcePath of(String path) {
        return ResourcePath.of(path, ApiPath.of(path));
    }
}
