package io.llmproxy.convert;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.json.MemberEdit;
import java.util.Set;

/**
 * Edits requests for upstreams that speak the client's dialect in another flavour. That is no conversion: what is not named
 * here stays byte for byte.
 */
public final class Flavours {
    private static final Set<String> MODEL = Set.of("model");

    /** What AI Studio does not know, and refuses, in both spellings that Google reads. */
    private static final Set<String> VERTEX_ONLY = Set.of(
            "labels",
            "modelArmorConfig",
            "model_armor_config",
            "generationConfig.audioTimestamp",
            "generationConfig.routingConfig",
            "generationConfig.modelSelectionConfig",
            "generation_config.audio_timestamp",
            "generation_config.routing_config",
            "generation_config.model_selection_config",
            "toolConfig.functionCallingConfig.streamFunctionCallArguments",
            "tool_config.function_calling_config.stream_function_call_arguments",
            "contents[].parts[].inlineData.displayName",
            "contents[].parts[].inline_data.display_name",
            "safetySettings[].method",
            "safety_settings[].method");

    private Flavours() {}

    /**
     * A request in the upstream's flavour.
     *
     * @param path below the upstream's base
     * @param body JSON in UTF-8
     */
    @SuppressWarnings("ArrayRecordComponent") // It is written once and compared with nothing.
    public record Request(String path, byte[] body) {}

    /**
     * Returns the model that a request of Anthropic's Messages names; empty if it names none.
     *
     * @throws JsonException if the body is no JSON
     */
    public static String model(byte[] body) {
        return object(body).string("model", "");
    }

    private static Json.Obj object(byte[] body) {
        return JsonReader.read(body) instanceof Json.Obj object ? object : new Json.Obj();
    }

    /**
     * Returns a request of Anthropic's Messages for Claude at Vertex AI.
     *
     * @param model the upstream's name for it
     * @throws JsonException if the body is no object
     */
    public static Request messagesAtVertex(byte[] body, String model) {
        String verb = object(body).isTrue("stream") ? ":streamRawPredict" : ":rawPredict";
        return new Request("/publishers/anthropic/models/" + PathSegment.encode(model) + verb, toVertexMessages(body));
    }

    /**
     * Returns a request of AI Studio's generateContent for Vertex AI, which has it at another path.
     *
     * @param model the upstream's name for it
     * @param stream whether a stream is asked for
     */
    public static Request geminiAtVertex(byte[] body, String model, boolean stream) {
        return new Request("/publishers/google/models/" + PathSegment.encode(model) + verb(stream), body);
    }

    /**
     * Returns a request of Vertex AI's generateContent for AI Studio.
     *
     * @param model the upstream's name for it
     * @param stream whether a stream is asked for
     * @throws JsonException if the body is no object
     */
    public static Request geminiAtStudio(byte[] body, String model, boolean stream) {
        return new Request("/v1beta/models/" + PathSegment.encode(model) + verb(stream), toStudioGemini(body));
    }

    private static String verb(boolean stream) {
        return stream ? ":streamGenerateContent" : ":generateContent";
    }

    /**
     * Returns a request of Anthropic's Messages as Vertex AI takes it: the model stands in the path, the version in the
     * body.
     *
     * @throws JsonException if the body is no object
     */
    public static byte[] toVertexMessages(byte[] body) {
        return MemberEdit.with(MemberEdit.without(body, MODEL), "anthropic_version", "vertex-2023-10-16");
    }

    /**
     * Returns a request of Vertex AI's generateContent as AI Studio takes it.
     *
     * @throws JsonException if the body is no object
     */
    public static byte[] toStudioGemini(byte[] body) {
        return MemberEdit.without(body, VERTEX_ONLY);
    }
}
