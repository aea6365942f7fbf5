package io.llmproxy.protocol;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** How the APIs tell which models there are. When a model was made is not known; it is said to be in 1970. */
public final class ModelListing {
    private static final String OPENAI_ONE = """
            {"id":%s,"object":"model","created":0,"owned_by":"llmproxy"}""";
    private static final String OPENAI_ALL = """
            {"object":"list","data":[%s]}""";

    private static final String ANTHROPIC_ONE = """
            {"type":"model","id":%1$s,"display_name":%1$s,"created_at":"1970-01-01T00:00:00Z"}""";
    private static final String ANTHROPIC_ALL = """
            {"data":[%s],"has_more":false,"first_id":%s,"last_id":%s}""";

    private static final String GEMINI_ONE = """
            {"name":%s,"displayName":%s,"supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}""";
    private static final String GEMINI_ALL = """
            {"models":[%s]}""";

    private ModelListing() {}

    /** Returns the answer to a request for one model: JSON in UTF-8. */
    public static byte[] one(ApiDialect dialect, String name) {
        return text(dialect, name).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the answer to a request for all models, on one page: JSON in UTF-8. */
    public static byte[] all(ApiDialect dialect, List<String> names) {
        String models = names.stream().map(name -> text(dialect, name)).collect(Collectors.joining(","));
        String all = switch (dialect) {
            case OPENAI -> OPENAI_ALL.formatted(models);
            case ANTHROPIC -> ANTHROPIC_ALL.formatted(models, end(names, 0), end(names, names.size() - 1));
            case GEMINI -> GEMINI_ALL.formatted(models);
        };
        return all.getBytes(StandardCharsets.UTF_8);
    }

    private static String end(List<String> names, int index) {
        return names.isEmpty() ? "null" : JsonText.quote(names.get(index));
    }

    private static String text(ApiDialect dialect, String name) {
        return switch (dialect) {
            case OPENAI -> OPENAI_ONE.formatted(JsonText.quote(name));
            case ANTHROPIC -> ANTHROPIC_ONE.formatted(JsonText.quote(name));
            case GEMINI -> GEMINI_ONE.formatted(JsonText.quote(ofGoogle(name)), JsonText.quote(name));
        };
    }

    /** Tuned models have a collection of their own. */
    private static String ofGoogle(String name) {
        return name.startsWith("tunedModels/") ? name : "models/" + name;
    }
}
