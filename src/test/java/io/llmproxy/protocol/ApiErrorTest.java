package io.llmproxy.protocol;

import static io.llmproxy.protocol.ApiDialect.ANTHROPIC;
import static io.llmproxy.protocol.ApiDialect.GEMINI;
import static io.llmproxy.protocol.ApiDialect.OPENAI;
import static io.llmproxy.protocol.ApiDialect.RESPONSES;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ApiErrorTest {

    @ParameterizedTest(name = "{0}: OpenAI {1} {2}, Anthropic {3} {4}, Gemini {5} {6}")
    @CsvSource({
        "400, 400, invalid_request_error, 400, invalid_request_error, 400, INVALID_ARGUMENT",
        "401, 401, invalid_request_error, 401, authentication_error, 401, UNAUTHENTICATED",
        "402, 429, insufficient_quota, 402, billing_error, 429, RESOURCE_EXHAUSTED",
        "403, 403, invalid_request_error, 403, permission_error, 403, PERMISSION_DENIED",
        "404, 404, invalid_request_error, 404, not_found_error, 404, NOT_FOUND",
        "405, 405, invalid_request_error, 405, invalid_request_error, 405, INVALID_ARGUMENT",
        "408, 408, invalid_request_error, 408, timeout_error, 408, DEADLINE_EXCEEDED",
        "409, 409, invalid_request_error, 409, conflict_error, 409, ABORTED",
        "413, 413, invalid_request_error, 413, request_too_large, 400, INVALID_ARGUMENT",
        "429, 429, rate_limit_exceeded, 429, rate_limit_error, 429, RESOURCE_EXHAUSTED",
        "500, 500, server_error, 500, api_error, 500, INTERNAL",
        "501, 501, server_error, 501, api_error, 501, UNIMPLEMENTED",
        "502, 502, server_error, 502, api_error, 502, INTERNAL",
        "503, 503, server_error, 529, overloaded_error, 503, UNAVAILABLE",
        "504, 504, server_error, 504, timeout_error, 504, DEADLINE_EXCEEDED",
        "529, 503, server_error, 529, overloaded_error, 503, UNAVAILABLE",
    })
    void eachDialectHasItsStatusAndItsTypeForACause(
            int cause,
            int openAiStatus,
            String openAiType,
            int anthropicStatus,
            String anthropicType,
            int geminiStatus,
            String geminiName) {
        ApiError error = new ApiError(cause, "code", "message", "id");

        assertThat(OPENAI.statusFor(cause)).isEqualTo(openAiStatus);
        assertThat(inner(OPENAI, error).getString("type")).isEqualTo(openAiType);
        assertThat(ANTHROPIC.statusFor(cause)).isEqualTo(anthropicStatus);
        assertThat(inner(ANTHROPIC, error).getString("type")).isEqualTo(anthropicType);
        assertThat(GEMINI.statusFor(cause)).isEqualTo(geminiStatus);
        assertThat(inner(GEMINI, error).getInt("code")).isEqualTo(geminiStatus);
        assertThat(inner(GEMINI, error).getString("status")).isEqualTo(geminiName);
    }

    @Test
    void bodiesAreThoseOfTheApis() {
        ApiError error = new ApiError(404, "model_not_found", "No such model.", "req_1");

        assertThat(OPENAI.errorBody(error))
                .asString(UTF_8)
                .isEqualTo("{\"error\":{\"message\":\"No such model.\",\"type\":\"invalid_request_error\","
                        + "\"param\":null,\"code\":\"model_not_found\"}}");
        assertThat(ANTHROPIC.errorBody(error))
                .asString(UTF_8)
                .isEqualTo(
                        "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"No such model.\"},"
                                + "\"request_id\":\"req_1\"}");
        assertThat(GEMINI.errorBody(error))
                .asString(UTF_8)
                .isEqualTo("{\"error\":{\"code\":404,\"message\":\"No such model.\",\"status\":\"NOT_FOUND\"}}");
    }

    @Test
    void geminiIsToldInTheBodyWhenToTryAgain() {
        ApiError error = new ApiError(429, "rate_limited", "Slow down.", "req_1", 12);

        assertThat(inner(GEMINI, error).getJsonArray("details").getJsonObject(0))
                .isEqualTo(parse("{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"12s\"}"));
    }

    @Test
    void eventsAreThoseOfTheApis() {
        ApiError error = new ApiError(504, "upstream_timeout", "Too late.", "req_1");
        String openAi = new String(OPENAI.errorBody(error), UTF_8);
        String anthropic = new String(ANTHROPIC.errorBody(error), UTF_8);
        String gemini = new String(GEMINI.errorBody(error), UTF_8);

        assertThat(OPENAI.errorEvent(error)).asString(UTF_8).isEqualTo("data: " + openAi + "\n\n");
        assertThat(ANTHROPIC.errorEvent(error)).asString(UTF_8).isEqualTo("event: error\ndata: " + anthropic + "\n\n");
        assertThat(GEMINI.errorEvent(error)).asString(UTF_8).isEqualTo("data: " + gemini + "\n\n");
    }

    @Test
    void aResponseTellsItsFailureToClientsThatRaiseErrorsAndToClientsThatReadFailures() {
        ApiError error = new ApiError(504, "upstream_timeout", "Too late.", "req_1");

        assertThat(RESPONSES.errorEvent(error))
                .asString(UTF_8)
                .isEqualTo("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"server_error\","
                        + "\"code\":\"upstream_timeout\",\"message\":\"Too late.\",\"param\":null},"
                        + "\"code\":\"upstream_timeout\",\"message\":\"Too late.\",\"param\":null,\"sequence_number\":0}\n\n"
                        + "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"resp_req_1\","
                        + "\"object\":\"response\",\"created_at\":0,\"status\":\"failed\","
                        + "\"error\":{\"code\":\"upstream_timeout\",\"message\":\"Too late.\"},\"incomplete_details\":null,"
                        + "\"model\":\"\",\"output\":[],\"usage\":null},\"sequence_number\":0}\n\n");
    }

    @ParameterizedTest
    @EnumSource
    void hostileTextStaysOneStringOfValidJson(ApiDialect dialect) {
        String hostile = "\"},\\{\r\n\n\0\t\u001b[31m\u007f\u009b\u2028\uD83D\uDE00 \uD83D \uDE00%s%n";
        ApiError error = new ApiError(500, hostile, hostile, hostile);

        String body = new String(dialect.errorBody(error), UTF_8);

        assertThat(inner(dialect, error).getString("message"))
                .isEqualTo(hostile.replace("\uD83D ", "\uFFFD ").replace(" \uDE00", " \uFFFD"));
        assertThat(body.chars().filter(Character::isISOControl)).isEmpty();
        List<String> events = new String(dialect.errorEvent(error), UTF_8)
                .lines()
                .filter(line -> line.startsWith("data: "))
                .toList();
        if (dialect == RESPONSES) {
            String message = inner(dialect, error).getString("message");
            assertThat(events).hasSize(2);
            assertThat(events)
                    .allSatisfy(event -> assertThat(parse(event.substring(6)).toString())
                            .contains(Json.createValue(message).toString()));
        } else {
            assertThat(events).containsExactly("data: " + body);
        }
    }

    private static JsonObject inner(ApiDialect dialect, ApiError error) {
        return parse(new String(dialect.errorBody(error), UTF_8)).getJsonObject("error");
    }

    private static JsonObject parse(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        }
    }
}
