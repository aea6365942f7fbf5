package io.llmproxy.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the models of an upstream take, where requests are converted for them and their names do not tell it. */
public record CapabilitiesConfig(
        @Setting(value = "Maximum output tokens.", min = 1, max = 10000000) @Nullable Integer maxOutput,

        @Setting(
                "How a Claude model is told to think: not at all (`none`), by a number of tokens (`budget`) or by effort (`adaptive`).")
        @Nullable Thinking thinking,

        @Setting(
                "How a Gemini model is told how much to think: not at all (`none`), by a number of tokens (`budget`) or by a word (`level`).")
        @Nullable ThinkingControl thinkingControl,

        @Setting("Levels of reasoning effort that the models accept.")
        List<Effort> effortValues,

        @Setting("Whether tool calls of a Gemini model must be sent back with their signatures.") @Nullable Signatures signatures,

        @Setting(
                "How tool calls without a signature are sent to a Gemini model that requires one: `sentinel` sends the value that skips the check, `text` sends call and result as text.")
        @Nullable GeminiBypass geminiBypass,

        @Setting("Role of instructions in Chat Completions.") @Nullable SystemRole systemRole,

        @Setting("Name of the limit of output tokens in Chat Completions.") @Nullable MaxTokensName maxTokensName,

        @Setting("Whether a Gemini model accepts JSON Schema for tools.") @Nullable Boolean jsonSchemaTools,

        @Setting("Whether a Claude model can be made to answer by a JSON schema.") @Nullable Boolean structured,

        @Setting("Whether JSON output can be combined with tools.") @Nullable Boolean structuredWithTools,

        @Setting("Whether instructions are allowed between messages.") @Nullable Boolean midSystem,

        @Setting("Whether `temperature` and `top_p` may both be given.") @Nullable Boolean temperatureWithTopP,

        @Setting("Whether tool calls and results of a Gemini model have IDs.") @Nullable Boolean functionIds,

        @Setting("Whether the upstream fetches images and documents by URL.") @Nullable Boolean urlImages,

        @Setting("Whether tool results may contain images.") @Nullable Boolean toolImages,

        @Setting("Whether the upstream has a web search tool.") @Nullable Boolean webSearch,

        @Setting("Whether a Chat Completions stream can report usage.") @Nullable Boolean streamUsage,

        @Setting("Whether a Chat Completions upstream expects its earlier reasoning in `reasoning_content`.") @Nullable Boolean reasoningContent,

        @Setting("Whether an OpenAI model reasons by default.") @Nullable Boolean reasons,

        @Setting("Whether an OpenAI model supports cache breakpoints.") @Nullable Boolean breakpoints) {
    public CapabilitiesConfig {
        effortValues = List.copyOf(effortValues);
    }

    /** How a Claude model is told to think. */
    public enum Thinking {
        NONE,
        BUDGET,
        ADAPTIVE
    }

    /** How a Gemini model is told how much to think. */
    public enum ThinkingControl {
        NONE,
        BUDGET,
        LEVEL
    }

    /** A word for effort. */
    public enum Effort {
        NONE,
        MINIMAL,
        LOW,
        MEDIUM,
        HIGH,
        XHIGH,
        MAX
    }

    /** Whether signatures must come back. */
    public enum Signatures {
        REQUIRED,
        OPTIONAL
    }

    /** How a call without a signature is told. */
    public enum GeminiBypass {
        SENTINEL,
        TEXT
    }

    /** A role of instructions. */
    public enum SystemRole {
        SYSTEM,
        DEVELOPER,
        NONE
    }

    /** A name of a limit. */
    public enum MaxTokensName {
        MAX_TOKENS,
        MAX_COMPLETION_TOKENS
    }

    /** Returns what is stated, by the names that the codecs use: {@code max-output: 8192}. */
    public Map<String, String> stated() {
        Map<String, Object> values = new TreeMap<>();
        put(values, "max-output", maxOutput);
        put(values, "thinking", thinking);
        put(values, "thinking-control", thinkingControl);
        if (!effortValues.isEmpty()) {
            values.put("effort-values", effortValues.stream().map(Effort::name).collect(Collectors.joining(",")));
        }
        put(values, "signatures", signatures);
        put(values, "gemini-bypass", geminiBypass);
        put(values, "system-role", systemRole);
        put(values, "max-tokens-name", maxTokensName);
        put(values, "json-schema-tools", jsonSchemaTools);
        put(values, "structured", structured);
        put(values, "structured-with-tools", structuredWithTools);
        put(values, "mid-system", midSystem);
        put(values, "temperature-with-top-p", temperatureWithTopP);
        put(values, "function-ids", functionIds);
        put(values, "url-images", urlImages);
        put(values, "tool-images", toolImages);
        put(values, "web-search", webSearch);
        put(values, "stream-usage", streamUsage);
        put(values, "reasoning-content", reasoningContent);
        put(values, "reasons", reasons);
        put(values, "breakpoints", breakpoints);
        Map<String, String> words = new TreeMap<>();
        values.forEach((name, value) -> words.put(name, value.toString().toLowerCase(Locale.ROOT)));
        return words;
    }

    private static void put(Map<String, Object> values, String name, @Nullable Object value) {
        if (value != null) {
            values.put(name, value);
        }
    }
}
