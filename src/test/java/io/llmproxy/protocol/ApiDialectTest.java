package io.llmproxy.protocol;

import static io.llmproxy.protocol.ApiDialect.ANTHROPIC;
import static io.llmproxy.protocol.ApiDialect.GEMINI;
import static io.llmproxy.protocol.ApiDialect.OPENAI;
import static io.llmproxy.protocol.ApiDialect.RESPONSES;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiDialectTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/messages",
                "/v1/messages/",
                "/v1/messages/count_tokens",
                "/v1/messages/batches/msgbatch_1/results",
                "/v1/complete",
                "/messages",
                "/anthropic/v1/messages",
                "/a/b/v1/messages",
                "/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict",
            })
    void anthropicsPathsAreKnown(String path) {
        assertThat(ApiPath.of(path).dialect()).isEqualTo(ANTHROPIC);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1beta/models",
                "/v1beta/models/gemini-pro",
                "/v1beta/models/gemini-pro:generateContent",
                "/v1alpha/models/gemini-pro:streamGenerateContent",
                "/v1beta/cachedContents",
                "/google/v1beta/models",
                "/upload/v1beta/files",
                "/v1/models/gemini-pro:generateContent",
                "/models/gemini-pro:countTokens",
                "/v1/projects/p/locations/l/publishers/google/models/gemini-pro:streamGenerateContent",
                "/v1beta1/projects/p/locations/l/models/m:predict",
            })
    void googlesPathsAreKnown(String path) {
        assertThat(ApiPath.of(path).dialect()).isEqualTo(GEMINI);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "*",
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/models",
                "/v1/models/ft:gpt-4o:acme::7p4lURel",
                "/v1/threads/thread_1/messages",
                "/v1/messagesX",
                "/v1/completed",
                "/v1beta/openai/chat/completions",
                "/v1beta1/projects/p/locations/l/endpoints/openapi/chat/completions",
                "/openai/deployments/gpt-4o/chat/completions",
                "/health",
            })
    void allOtherPathsAreTakenForOpenAis(String path) {
        assertThat(ApiPath.of(path).dialect()).isEqualTo(OPENAI);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/responses",
                "/responses",
                "/v1/responses/input_tokens",
                "/v1/responses/resp_1/cancel",
                "/openai/v1/responses",
                "/v1beta/openai/responses",
            })
    void responsesAreADialectOfTheirOwn(String path) {
        assertThat(ApiPath.of(path).dialect()).isEqualTo(RESPONSES);
        assertThat(ApiPath.of(path).dialect(Set.of("anthropic-version")::contains))
                .isEqualTo(RESPONSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/v1/models/m", "/v1/files", "/v1/files/f/content", "/v1/organizations/me"})
    void headersTellWhereThePathDoesNot(String path) {
        assertThat(ApiPath.of(path).dialect(Set.of("anthropic-version")::contains))
                .isEqualTo(ANTHROPIC);
        assertThat(ApiPath.of(path).dialect(Set.of("x-goog-api-key")::contains)).isEqualTo(GEMINI);
        assertThat(ApiPath.of(path).dialect(Set.of("authorization")::contains)).isEqualTo(OPENAI);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/responses", "/v1beta/openai/chat/completions", "/v1/unknown"})
    void aHeartbeatOfOpenAisIsACommentWithoutABlankLine(String path) {
        assertThat(ApiPath.of(path).dialect().heartbeat(ApiPath.of(path)))
                .asString(UTF_8)
                .isEqualTo(": heartbeat\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/messages", "/v1/complete", "/v1/projects/p/publishers/anthropic/models/c:streamRawPredict"})
    void aHeartbeatOfAnthropicsIsAPing(String path) {
        assertThat(ANTHROPIC.heartbeat(ApiPath.of(path)))
                .asString(UTF_8)
                .isEqualTo("event: ping\ndata: {\"type\": \"ping\"}\n\n");
        assertThat(ANTHROPIC.heartbeat(ApiPath.of("/v1/sessions/s/events")))
                .asString(UTF_8)
                .isEqualTo(": heartbeat\n");
    }

    @Test
    void thereIsNoHeartbeatForGooglesClients() {
        assertThat(GEMINI.heartbeat(ApiPath.of("/v1beta/models/g:streamGenerateContent")))
                .isEmpty();
        assertThat(GEMINI.heartbeat(ApiPath.of("/v1beta/interactions"))).isEmpty();
    }

    @Test
    void headersDoNotOverruleThePath() {
        assertThat(ApiPath.of("/v1/chat/completions").dialect(Set.of("anthropic-version")::contains))
                .isEqualTo(OPENAI);
        assertThat(ApiPath.of("/v1/messages").dialect(Set.of("x-goog-api-key")::contains))
                .isEqualTo(ANTHROPIC);
        assertThat(ApiPath.of("/v1beta/models").dialect(Set.of("anthropic-version")::contains))
                .isEqualTo(GEMINI);
    }
}
