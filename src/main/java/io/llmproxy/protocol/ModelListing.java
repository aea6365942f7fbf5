package io.llmproxy.protocol;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
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
    private static final String COLLECTION = "models/";
    private static final List<String> LISTS = List.of("data", "models");

    private ModelListing() {}

    /** Returns the answer to a request for one model: JSON in UTF-8. */
    public static byte[] one(ApiDialect dialect, String name) {
        return text(dialect, name).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the answer to a request for all models, on one page: JSON in UTF-8. */
    public static byte[] all(ApiDialect dialect, List<String> names) {
        String models = names.stream().map(name -> text(dialect, name)).collect(Collectors.joining(","));
        String all = switch (dialect) {
            case OPENAI, RESPONSES -> OPENAI_ALL.formatted(models);
            case ANTHROPIC -> ANTHROPIC_ALL.formatted(models, end(names, 0), end(names, names.size() - 1));
            case GEMINI -> GEMINI_ALL.formatted(models);
        };
        return all.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Leaves models out of an upstream's list, or of a page of it, and everything else in.
     *
     * @param list JSON in UTF-8, in whatever dialect
     * @param listed tells by its name whether a model stays
     * @throws IllegalArgumentException if it is no list of models
     */
    public static byte[] only(byte[] list, Predicate<String> listed) {
        try {
            if (!(Mapper.JSON.readTree(list) instanceof ObjectNode all)) {
                throw new IllegalArgumentException("no object");
            }
            // Some servers tell the same list in the words of two APIs at once.
            List<String> lists = LISTS.stream().filter(all::has).toList();
            if (lists.isEmpty()) {
                throw new IllegalArgumentException("neither of " + LISTS);
            }
            for (String member : lists) {
                if (!(all.get(member) instanceof ArrayNode models)) {
                    throw new IllegalArgumentException(member + " is no list");
                }
                models.removeIf(model -> !listed.test(name(model)));
            }
            return Mapper.JSON.writeValueAsBytes(all);
        } catch (IOException e) {
            throw new IllegalArgumentException("no list of models", e);
        }
    }

    /** Google's names have a collection before them, which tuned models keep. */
    private static String name(JsonNode model) {
        String name = model.path("id").asText(model.path("name").asText(""));
        return name.startsWith(COLLECTION) ? name.substring(COLLECTION.length()) : name;
    }

    /** Made when the first list is confined, as most gateways confine none. */
    private static final class Mapper {
        static final JsonMapper JSON = JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .build();

        private Mapper() {}
    }

    private static String end(List<String> names, int index) {
        return names.isEmpty() ? "null" : JsonText.quote(names.get(index));
    }

    private static String text(ApiDialect dialect, String name) {
        return switch (dialect) {
            case OPENAI, RESPONSES -> OPENAI_ONE.formatted(JsonText.quote(name));
            case ANTHROPIC -> ANTHROPIC_ONE.formatted(JsonText.quote(name));
            case GEMINI -> GEMINI_ONE.formatted(JsonText.quote(ofGoogle(name)), JsonText.quote(name));
        };
    }

    /** Tuned models have a collection of their own. */
    private static String ofGoogle(String name) {
        return name.startsWith("tunedModels/") ? name : COLLECTION + name;
    }
}
