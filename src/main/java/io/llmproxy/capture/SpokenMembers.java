package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which members of requests and whole answers are what is said, in any of the APIs. */
final class SpokenMembers {
    private static final List<String> PROMPT = List.of(
            "system",
            "system_instruction",
            "systemInstruction",
            "instructions",
            "messages",
            "contents",
            "input",
            "prompt",
            "tools",
            "functions");

    private static final Set<String> PARAMETERS = Set.of(
            "candidateCount",
            "dimensions",
            "frequencyPenalty",
            "frequency_penalty",
            "maxOutputTokens",
            "max_completion_tokens",
            "max_output_tokens",
            "max_tokens",
            "n",
            "presencePenalty",
            "presence_penalty",
            "quality",
            "reasoning_effort",
            "seed",
            "service_tier",
            "size",
            "temperature",
            "topK",
            "topP",
            "top_k",
            "top_p",
            "verbosity");

    private SpokenMembers() {}

    /** What a request tells the model; all of it if none of its members is known. */
    static Json prompt(Json request) {
        if (!(request instanceof Json.Obj object)) {
            return request;
        }
        Json.Obj told = new Json.Obj();
        PROMPT.forEach(name -> told.put(name, object.get(name)));
        return told.isEmpty() ? request : told;
    }

    /** The settings of a request that are numbers or words; null if there is none. */
    static Json.@Nullable Obj parameters(Json request) {
        Json.Obj found = new Json.Obj();
        if (request instanceof Json.Obj object) {
            add(object, found);
            add(object.object("generationConfig"), found);
            add(object.object("generation_config"), found);
        }
        return found.isEmpty() ? null : found;
    }

    private static void add(Json.@Nullable Obj object, Json.Obj found) {
        if (object != null) {
            object.members().forEach((name, value) -> {
                if (PARAMETERS.contains(name) && (value instanceof Json.Num || value instanceof Json.Str)) {
                    found.put(name, value);
                }
            });
        }
    }

    /** What a whole answer says; null if it is numbers only, and all of it if none of its members is known. */
    static @Nullable Json answer(Json answer) {
        if (!(answer instanceof Json.Obj object)) {
            return answer;
        }
        if (isEmbedding(object)) {
            return null;
        }
        Json said = each(object.array("choices"), "message");
        said = said == null ? each(object.array("choices"), "text") : said;
        said = said == null ? each(object.array("candidates"), "content") : said;
        said = said == null ? object.get("output") : said;
        if (said == null && object.get("content") != null) {
            said = new Json.Obj().put("role", object.get("role")).put("content", object.get("content"));
        }
        return said == null ? answer : said;
    }

    private static boolean isEmbedding(Json.Obj answer) {
        boolean ofOpenAi = answer.array("data").stream()
                .anyMatch(item -> item instanceof Json.Obj object && object.get("embedding") != null);
        return ofOpenAi || answer.get("embedding") != null || answer.get("embeddings") != null;
    }

    /** That member of each item; itself if there is only one, and null if there is none. */
    private static @Nullable Json each(List<Json> items, String name) {
        Json.Arr all = new Json.Arr();
        for (Json item : items) {
            Json value = item instanceof Json.Obj object ? object.get(name) : null;
            if (value != null) {
                all.add(value);
            }
        }
        return all.items().size() > 1 ? all : all.items().stream().findFirst().orElse(null);
    }
}
