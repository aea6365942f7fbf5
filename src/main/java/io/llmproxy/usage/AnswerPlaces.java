package io.llmproxy.usage;

import io.llmproxy.protocol.UsageShape;
import io.llmproxy.usage.Place.Meaning;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Where the answers of each API say what they took, who gave them, and what the model made. */
final class AnswerPlaces {
    private static final List<String> INPUT_DETAILS =
            List.of("prompt_tokens_details", "input_tokens_details", "input_token_details");
    private static final List<String> OUTPUT_DETAILS =
            List.of("completion_tokens_details", "output_tokens_details", "output_token_details");

    private static final Map<UsageShape, Place> ALL = new EnumMap<>(UsageShape.class);

    static {
        for (UsageShape shape : UsageShape.values()) {
            ALL.put(shape, make(shape));
        }
    }

    private AnswerPlaces() {}

    /** Returns where answers of a form have it. */
    static Place of(UsageShape shape) {
        return Objects.requireNonNull(ALL.get(shape), "all are made");
    }

    private static Place make(UsageShape shape) {
        return switch (shape) {
            case CHAT -> chat();
            case RESPONSES -> responses();
            case MESSAGES -> messages();
            case GEMINI -> gemini();
            case EMBEDDINGS -> embeddings();
            case IMAGES -> images();
            case TRANSCRIPTION -> transcription();
            case OLLAMA -> ollama();
        };
    }

    private static Place chat() {
        Place places = Place.document()
                .add("id", Meaning.ID)
                .add("model", Meaning.MODEL)
                .add("service_tier", Meaning.TIER);
        openAi(places, "usage");
        // Where Groq had it once.
        openAi(places, "x_groq.usage");
        places.add("usage", Meaning.EVENT_USAGE)
                .add("choices[]", Meaning.CHOICE)
                .add("choices[].finish_reason", Meaning.FINISH);
        made(places, "choices[].delta");
        made(places, "choices[].message");
        return places.text("choices[].text");
    }

    private static void made(Place places, String message) {
        places.text(
                message + ".content",
                message + ".content[].text",
                message + ".refusal",
                message + ".function_call.arguments",
                message + ".tool_calls[].function.name",
                message + ".tool_calls[].function.arguments",
                message + ".tool_calls[].custom.input");
        places.each(Meaning.REASONING, message + ".reasoning", message + ".reasoning_content");
    }

    private static Place responses() {
        Place places = Place.document();
        for (String response : List.of("", "response.")) {
            places.add(response + "id", Meaning.ID)
                    .add(response + "model", Meaning.MODEL)
                    .add(response + "service_tier", Meaning.TIER);
            openAi(places, response + "usage");
        }
        // A whole answer has all of its text at once. A stream has it in pieces; that its last event repeats it is
        // passed over.
        places.add("type", Meaning.EVENT).add("delta", Meaning.DELTA).add("output[].summary[].text", Meaning.REASONING);
        return places.text(
                "output[].content[].text", "output[].content[].refusal", "output[].arguments", "output[].input");
    }

    private static Place embeddings() {
        Place places = Place.document().add("id", Meaning.ID).add("model", Meaning.MODEL);
        openAi(places, "usage");
        return places;
    }

    private static Place images() {
        Place places = Place.document().add("data[]", Meaning.ITEM, Count.IMAGES);
        openAi(places, "usage");
        return places;
    }

    private static Place transcription() {
        Place places = Place.document()
                .text("delta")
                .add("text", Meaning.ALL_TEXT)
                .add("usage.seconds", Meaning.SECONDS, Count.SECONDS);
        openAi(places, "usage");
        return places;
    }

    private static void openAi(Place places, String usage) {
        String in = usage + '.';
        places.count(in + "prompt_tokens", Count.INPUT)
                .count(in + "input_tokens", Count.INPUT)
                .count(in + "completion_tokens", Count.OUTPUT)
                .count(in + "output_tokens", Count.OUTPUT)
                .count(in + "total_tokens", Count.REPORTED_TOTAL)
                // DeepSeek's.
                .count(in + "prompt_cache_hit_tokens", Count.CACHE_READ)
                // OpenRouter's, and xAI's.
                .add(in + "cost", Meaning.DOLLARS)
                .add(in + "cost_in_usd_ticks", Meaning.TICKS);
        for (String details : INPUT_DETAILS) {
            String part = in + details + '.';
            places.count(part + "cached_tokens", Count.CACHE_READ)
                    .count(part + "cache_write_tokens", Count.CACHE_WRITE)
                    .count(part + "text_tokens", Count.TEXT_INPUT)
                    .count(part + "image_tokens", Count.IMAGE_INPUT)
                    .count(part + "audio_tokens", Count.AUDIO_INPUT)
                    .count(part + "cached_tokens_details.text_tokens", Count.TEXT_CACHE_READ)
                    .count(part + "cached_tokens_details.image_tokens", Count.IMAGE_CACHE_READ)
                    .count(part + "cached_tokens_details.audio_tokens", Count.AUDIO_CACHE_READ);
        }
        for (String details : OUTPUT_DETAILS) {
            String part = in + details + '.';
            places.count(part + "reasoning_tokens", Count.REASONING)
                    .count(part + "text_tokens", Count.TEXT_OUTPUT)
                    .count(part + "image_tokens", Count.IMAGE_OUTPUT)
                    .count(part + "audio_tokens", Count.AUDIO_OUTPUT)
                    .count(part + "rejected_prediction_tokens", Count.REJECTED_PREDICTION);
        }
    }

    private static Place messages() {
        Place places = Place.document();
        for (String message : List.of("", "message.")) {
            String usage = message + "usage";
            places.add(message + "id", Meaning.ID)
                    .add(message + "model", Meaning.MODEL)
                    .count(usage + ".input_tokens", Count.INPUT)
                    .count(usage + ".cache_read_input_tokens", Count.CACHE_READ)
                    .count(usage + ".cache_creation_input_tokens", Count.CACHE_WRITE)
                    .count(usage + ".cache_creation.ephemeral_1h_input_tokens", Count.CACHE_WRITE_1H)
                    .count(usage + ".output_tokens", Count.OUTPUT)
                    .count(usage + ".output_tokens_details.thinking_tokens", Count.REASONING)
                    .count(usage + ".server_tool_use.web_search_requests", Count.WEB_SEARCHES)
                    .count(usage + ".server_tool_use.web_fetch_requests", Count.WEB_FETCHES)
                    .add(usage + ".service_tier", Meaning.TIER)
                    .add(usage + ".inference_geo", Meaning.GEO)
                    .add(usage + ".speed", Meaning.SPEED)
                    .add(usage + ".iterations", Meaning.SUMMANDS)
                    .add(usage + ".iterations[].input_tokens", Meaning.SUMMAND, Count.INPUT)
                    .add(usage + ".iterations[].cache_read_input_tokens", Meaning.SUMMAND, Count.CACHE_READ)
                    .add(usage + ".iterations[].cache_creation_input_tokens", Meaning.SUMMAND, Count.CACHE_WRITE)
                    .add(
                            usage + ".iterations[].cache_creation.ephemeral_1h_input_tokens",
                            Meaning.SUMMAND,
                            Count.CACHE_WRITE_1H)
                    .add(usage + ".iterations[].output_tokens", Meaning.SUMMAND, Count.OUTPUT);
        }
        return places.add("usage", Meaning.USAGE)
                .add("delta.stop_reason", Meaning.FINISH)
                .add("stop_reason", Meaning.FINISH)
                .each(Meaning.REASONING, "delta.thinking", "content[].thinking")
                .text("delta.text", "delta.partial_json", "content[].text", "content[].input");
    }

    private static Place gemini() {
        String usage = "usageMetadata.";
        Place places = Place.document()
                .orListOfThem()
                .add("modelVersion", Meaning.MODEL)
                .add("responseId", Meaning.ID)
                .count(usage + "promptTokenCount", Count.INPUT)
                .count(usage + "cachedContentTokenCount", Count.CACHE_READ)
                .count(usage + "toolUsePromptTokenCount", Count.TOOL_PROMPT)
                .count(usage + "candidatesTokenCount", Count.OUTPUT)
                .count(usage + "responseTokenCount", Count.OUTPUT)
                .count(usage + "thoughtsTokenCount", Count.REASONING)
                .count(usage + "totalTokenCount", Count.REPORTED_TOTAL)
                .add(usage + "trafficType", Meaning.TIER)
                .add("candidates[].finishReason", Meaning.FINISH)
                .text(
                        "candidates[].content.parts[].text",
                        "candidates[].content.parts[].functionCall.name",
                        "candidates[].content.parts[].functionCall.args",
                        "candidates[].content.parts[].executableCode.code");
        kinds(places, usage + "promptTokensDetails", Count.INPUT);
        kinds(places, usage + "cacheTokensDetails", Count.CACHE_READ);
        kinds(places, usage + "candidatesTokensDetails", Count.OUTPUT);
        kinds(places, usage + "responseTokensDetails", Count.OUTPUT);
        return places;
    }

    private static void kinds(Place places, String list, Count whole) {
        places.add(list, Meaning.KINDS, whole)
                .add(list + "[]", Meaning.KIND, whole)
                .add(list + "[].modality", Meaning.MODALITY)
                .add(list + "[].tokenCount", Meaning.TOKENS);
    }

    private static Place ollama() {
        return Place.document()
                .add("model", Meaning.MODEL)
                .count("prompt_eval_count", Count.INPUT)
                .count("prompt_eval_cached_count", Count.CACHE_READ)
                .count("eval_count", Count.OUTPUT)
                .each(Meaning.REASONING, "thinking", "message.thinking")
                .text(
                        "response",
                        "message.content",
                        "message.tool_calls[].function.name",
                        "message.tool_calls[].function.arguments");
    }
}
