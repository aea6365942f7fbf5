package io.llmproxy.convert;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts tokens: what upstreams are asked, and how clients are answered. */
public final class Counting {
    private static final Set<String> MESSAGES =
            Set.of("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config");
    private static final Set<String> RESPONSES = Set.of(
            "model", "input", "instructions", "tools", "tool_choice", "reasoning", "text", "parallel_tool_calls");
    private static final Set<String> GEMINI = Set.of("contents", "systemInstruction", "tools");
    private static final Set<String> VERTEX_GEMINI =
            Set.of("contents", "systemInstruction", "tools", "generationConfig");

    private Counting() {}

    /** Returns the request whose tokens a client wants to be counted. */
    static byte[] counted(Dialect client, byte[] body) {
        if (client != Dialect.GEMINI) {
            return body;
        }
        try {
            if (JsonReader.read(body) instanceof Json.Obj object) {
                Json.Obj inner = object.object("generateContentRequest");
                inner = inner == null ? object.object("generate_content_request") : inner;
                return inner == null ? body : inner.bytes();
            }
        } catch (JsonException e) {
            throw ConversionException.invalid(e);
        }
        return body;
    }

    static @Nullable CountRequest request(Json.Obj body, Attempt attempt) {
        String model = attempt.model();
        return switch (attempt.target()) {
            case CHAT -> null;
            case RESPONSES ->
                new CountRequest(
                        "/v1/responses/input_tokens", only(body, RESPONSES).bytes());
            case MESSAGES -> {
                Json.Obj counted = only(body, MESSAGES);
                String name = model.contains("@") ? model.substring(0, model.indexOf('@')) : model;
                yield attempt.vertex()
                        ? new CountRequest(
                                "/publishers/anthropic/models/count-tokens:rawPredict",
                                counted.put("model", name).bytes())
                        : new CountRequest("/v1/messages/count_tokens", counted.bytes());
            }
            case GEMINI ->
                attempt.vertex()
                        ? new CountRequest(
                                "/publishers/google/models/" + PathSegment.encode(model) + ":countTokens",
                                only(body, VERTEX_GEMINI).bytes())
                        : new CountRequest(
                                "/v1beta/models/" + PathSegment.encode(model) + ":countTokens", wrapped(body, model));
        };
    }

    private static byte[] wrapped(Json.Obj body, String model) {
        Json.Obj inner = new Json.Obj().put("model", "models/" + model);
        only(body, GEMINI).members().forEach(inner::put);
        return new Json.Obj().put("generateContentRequest", inner).bytes();
    }

    private static Json.Obj only(Json.Obj body, Set<String> names) {
        Json.Obj kept = new Json.Obj();
        body.members().forEach((name, value) -> {
            if (names.contains(name)) {
                kept.put(name, value);
            }
        });
        return kept;
    }

    /**
     * Reads an upstream's count, whatever dialect it is in.
     *
     * @throws BadAnswerException if it is none
     */
    static long read(byte[] answer) {
        try {
            if (JsonReader.read(answer) instanceof Json.Obj object) {
                // Google leaves out what is zero.
                long count = object.number("input_tokens", object.number("totalTokens", -1));
                if (count >= 0 || object.isEmpty()) {
                    return Math.max(0, count);
                }
            }
        } catch (JsonException e) {
            throw new BadAnswerException("the upstream's count is not JSON");
        }
        throw new BadAnswerException("the upstream's count has no number");
    }

    /** Returns a count as a client of a dialect reads it: JSON in UTF-8. */
    public static byte[] answer(Dialect client, long tokens) {
        return switch (client) {
            case GEMINI -> new Json.Obj().put("totalTokens", tokens).bytes();
            case CHAT, RESPONSES ->
                new Json.Obj()
                        .put("object", "response.input_tokens")
                        .put("input_tokens", tokens)
                        .bytes();
            case MESSAGES -> new Json.Obj().put("input_tokens", tokens).bytes();
        };
    }
}
