package io.llmproxy.convert;

import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.MemberEdit;
import java.util.Set;

/**
 * Edits requests for upstreams that speak the client's dialect in another flavour. That is no conversion: what is not named
 * here stays byte for byte.
 */
public final class Flavours {
    private static final Set<String> MODEL = Set.of("model");
    private static final Set<String> VERTEX_ONLY = Set.of("labels", "modelArmorConfig", "model_armor_config");

    private Flavours() {}

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
