package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;

/** Every path, with a key in every place and in every state: the right answer, and no upstream that hears of a refused one. */
class KeyMatrixIT {
    private static final String BOUNDARY = "----matrix";

    /** Where a request says which model it is for. */
    private enum Model {
        BODY,
        FORM,
        PATH,
        NOWHERE,
        /** In a list of requests that nobody looks into. */
        LIST
    }

    /**
     * A request.
     *
     * @param path with {@code %s} for the model, if it is there
     */
    private record Call(String method, String path, Model model) {
        static Call post(String path, Model model) {
            return new Call("POST", path, model);
        }

        static Call get(String path, Model model) {
            return new Call("GET", path, model);
        }
    }

    private static final List<Call> CALLS = List.of(
            Call.post("/v1/chat/completions", Model.BODY),
            Call.post("/chat/completions", Model.BODY),
            Call.post("/v1/completions", Model.BODY),
            Call.post("/v1/embeddings", Model.BODY),
            Call.post("/v1/responses", Model.BODY),
            Call.post("/v1/moderations", Model.BODY),
            Call.post("/v1/rerank", Model.BODY),
            Call.post("/v1/images/generations", Model.BODY),
            Call.post("/v1/images/edits", Model.FORM),
            Call.post("/v1/audio/speech", Model.BODY),
            Call.post("/v1/audio/transcriptions", Model.FORM),
            Call.post("/v1/audio/translations", Model.FORM),
            Call.post("/v1/files", Model.NOWHERE),
            Call.get("/v1/files", Model.NOWHERE),
            Call.get("/v1/files/file-1/content", Model.NOWHERE),
            Call.post("/v1/batches", Model.LIST),
            Call.get("/v1/batches/batch-1", Model.NOWHERE),
            Call.get("/v1/models", Model.NOWHERE),
            Call.get("/v1/models/%s", Model.PATH),
            Call.post("/v1/messages", Model.BODY),
            Call.post("/v1/messages/count_tokens", Model.BODY),
            Call.post("/v1/messages/batches", Model.LIST),
            Call.get("/v1beta/models", Model.NOWHERE),
            Call.post("/v1beta/models/%s:generateContent", Model.PATH),
            Call.post("/v1beta/models/%s:streamGenerateContent", Model.PATH),
            Call.post("/v1beta/models/%s:embedContent", Model.PATH),
            Call.post("/openai/deployments/%s/chat/completions", Model.PATH),
            Call.post("/somewhere/else", Model.BODY));

    /** Where a key is shown. */
    private enum Place {
        BEARER,
        X_API_KEY,
        X_GOOG_API_KEY,
        API_KEY,
        QUERY;

        String header(String key) {
            return switch (this) {
                case BEARER -> "Authorization: Bearer " + key + "\r\n";
                case X_API_KEY -> "x-api-key: " + key + "\r\n";
                case X_GOOG_API_KEY -> "x-goog-api-key: " + key + "\r\n";
                case API_KEY -> "api-key: " + key + "\r\n";
                case QUERY -> "";
            };
        }
    }

    /** What is the matter with the key, or with what is asked for by it. */
    private enum State {
        GOOD,
        MISSING,
        EMPTY,
        MALFORMED,
        UNKNOWN,
        DISABLED,
        EXPIRED,
        OVER_LIMIT,
        CONFLICT,
        NOT_ALLOWED,
        TWO_MODELS;

        String key(Call call, Place place) {
            return switch (this) {
                case OVER_LIMIT -> "sk-matrix-limited-" + CALLS.indexOf(call) + '-' + place;
                case CONFLICT -> "sk-matrix-good";
                case MISSING, EMPTY -> "";
                case MALFORMED -> "sk-matrix-good,sk-matrix-good";
                case TWO_MODELS -> "sk-matrix-not_allowed";
                default -> "sk-matrix-" + name().toLowerCase(Locale.ROOT);
            };
        }

        int status(Call call) {
            boolean isCounted = !call.path.endsWith("/count_tokens");
            boolean isLookedInto = call.model != Model.NOWHERE;
            return switch (this) {
                case GOOD -> 200;
                case MISSING, EMPTY, MALFORMED, UNKNOWN, DISABLED, EXPIRED, CONFLICT -> 401;
                case OVER_LIMIT -> isCounted ? 429 : 200;
                case NOT_ALLOWED -> isLookedInto ? 403 : 200;
                case TWO_MODELS -> twoModels(call);
            };
        }

        private static int twoModels(Call call) {
            return switch (call.model) {
                case BODY, FORM -> 400;
                case PATH -> call.method.equals("GET") ? 200 : 403;
                case LIST -> 403;
                case NOWHERE -> 200;
            };
        }
    }

    private static Gateway gateway(FakeUpstream upstream) {
        return new Gateway()
                .upstream("any", upstream.url(), "")
                .group("any", "{name: any}", "")
                .forward("matrix", "any", """
                        keys: [{name: good, key: sk-matrix-good},
                        {name: disabled, key: sk-matrix-disabled, enabled: false},
                        {name: expired, key: sk-matrix-expired, expires: 2024-01-01},
                        %s,
                        {name: confined, key: sk-matrix-not_allowed, allowed_models: [mine]}]""".formatted(limited()).replace('\n', ' '));
    }

    /** One key for each request that comes too often: it has to come within a second of the one before. */
    private static String limited() {
        String limit = "rate_limit: {requests_per_second: 1, burst_size: 1}";
        return CALLS.stream()
                .flatMap(call -> Stream.of(Place.values()).map(place -> State.OVER_LIMIT.key(call, place)))
                .map(key -> "{name: " + key + ", key: " + key + ", " + limit + "}")
                .collect(Collectors.joining(", "));
    }

    private static Answer ask(Deployment deployment, Call call, Place place, State state) {
        String model = state == State.NOT_ALLOWED ? "other" : "mine";
        String key = state.key(call, place);
        boolean isQueried = place == Place.QUERY && state != State.MISSING;
        String path = call.path.formatted(model) + (isQueried ? "?key=" + key : "");
        Place second = place == Place.X_API_KEY ? Place.BEARER : Place.X_API_KEY;
        String headers = (state == State.MISSING ? "" : place.header(key))
                + (state == State.CONFLICT ? second.header("sk-another") : "");
        if (call.method.equals("GET")) {
            return RawClient.exchange(deployment.forward("matrix", path), "GET", headers, new byte[0]);
        }
        String type = call.model == Model.FORM ? "multipart/form-data; boundary=" + BOUNDARY : "application/json";
        byte[] body = body(call, model, state == State.TWO_MODELS).getBytes(StandardCharsets.UTF_8);
        return RawClient.exchange(
                deployment.forward("matrix", path), "POST", headers + "Content-Type: " + type + "\r\n", body);
    }

    private static String body(Call call, String model, boolean another) {
        return switch (call.model) {
            case FORM -> part(model) + (another ? part("other") : "") + "--" + BOUNDARY + "--\r\n";
            case PATH -> another ? "{\"model\":\"other\"}" : "{}";
            case NOWHERE, LIST -> "{}";
            case BODY -> "{\"model\":\"" + model + '"' + (another ? ",\"model\":\"other\"}" : "}");
        };
    }

    private static String part(String model) {
        return "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + model + "\r\n";
    }

    private static String beginOfError(Call call, Place place, State state, int status) {
        boolean isShared = call.path.startsWith("/v1/models")
                || call.path.startsWith("/v1/files")
                || call.path.startsWith("/somewhere");
        if (call.path.startsWith("/v1/messages")) {
            return "{\"type\":\"error\",\"error\":{\"type\":\"";
        }
        return call.path.startsWith("/v1beta") || (isShared && place == Place.X_GOOG_API_KEY && state != State.MISSING)
                ? "{\"error\":{\"code\":" + status + ",\"message\":\""
                : "{\"error\":{\"message\":\"";
    }

    @ParameterizedTest
    @KindSource
    void everyPathWithAKeyInEveryPlaceAndState(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.otherwise(Behaviour.json("{}"));
            for (Call call : CALLS) {
                for (Place place : Place.values()) {
                    for (State state : State.values()) {
                        if (state == State.OVER_LIMIT) {
                            assertThat(ask(deployment, call, place, state).status())
                                    .isEqualTo(200);
                        }
                        upstream.reset();
                        upstream.otherwise(Behaviour.json("{}"));
                        Answer answer = ask(deployment, call, place, state);

                        String what = call.method + ' ' + call.path + ' ' + place + ' ' + state + ": " + answer.text();
                        int expected = state.status(call);
                        assertThat(answer.status()).as(what).isEqualTo(expected);
                        assertThat(upstream.requests()).as(what).hasSize(expected == 200 ? 1 : 0);
                        if (expected != 200) {
                            assertThat(answer.text())
                                    .as(what)
                                    .startsWith(beginOfError(call, place, state, expected))
                                    .doesNotContain("sk-");
                        }
                    }
                }
            }
        }
    }
}
