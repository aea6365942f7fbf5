package io.llmproxy.config.foreign;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A provider as LiteLLM calls it, and what it is here.
 *
 * @param name in front of a model: {@code groq/llama-3.3-70b}
 * @param provider our word for whose API it serves
 * @param dialect the only API that it speaks; null if {@code provider} says it
 * @param url where it is unless that is stated; null if it has to be
 * @param baseVariable the variable that states it; null if there is none
 * @param keyVariable the variable with its key, where none is stated; null if it asks for none
 */
record LiteLlmProvider(
        String name,
        String provider,
        @Nullable String dialect,
        @Nullable String url,
        @Nullable String baseVariable,
        @Nullable String keyVariable) {
    /** Models that are OpenAI's without saying so. */
    private static final Pattern OF_OPENAI = Pattern.compile(
            "(gpt|chatgpt|text-embedding|text-moderation|omni-moderation|dall-e|whisper|tts|codex|davinci|babbage|computer-use|sora)"
                    + "[-0-9].*|o\\d.*|ft:(gpt|o\\d|davinci|babbage).*");

    private static final Map<String, LiteLlmProvider> ALL = all();

    private static Map<String, LiteLlmProvider> all() {
        Map<String, LiteLlmProvider> all = new LinkedHashMap<>();
        openai(all, "openai", "https://api.openai.com/v1", "OPENAI_API_BASE", "OPENAI_API_KEY");
        openai(all, "text-completion-openai", "https://api.openai.com/v1", "OPENAI_API_BASE", "OPENAI_API_KEY");
        openai(all, "custom_openai", null, null, null);
        openai(all, "openai_like", null, null, null);
        openai(all, "litellm_proxy", null, "LITELLM_PROXY_API_BASE", "LITELLM_PROXY_API_KEY");
        openai(all, "lm_studio", null, "LM_STUDIO_API_BASE", null);
        openai(all, "llamafile", "http://127.0.0.1:8080/v1", "LLAMAFILE_API_BASE", null);
        openai(all, "groq", "https://api.groq.com/openai/v1", null, "GROQ_API_KEY");
        openai(all, "mistral", "https://api.mistral.ai/v1", null, "MISTRAL_API_KEY");
        openai(all, "deepseek", "https://api.deepseek.com/v1", null, "DEEPSEEK_API_KEY");
        openai(all, "openrouter", "https://openrouter.ai/api/v1", null, "OPENROUTER_API_KEY");
        openai(all, "together_ai", "https://api.together.xyz/v1", null, "TOGETHERAI_API_KEY");
        openai(all, "fireworks_ai", "https://api.fireworks.ai/inference/v1", null, "FIREWORKS_API_KEY");
        openai(all, "xai", "https://api.x.ai/v1", null, "XAI_API_KEY");
        openai(all, "cerebras", "https://api.cerebras.ai/v1", null, "CEREBRAS_API_KEY");
        openai(all, "sambanova", "https://api.sambanova.ai/v1", null, "SAMBANOVA_API_KEY");
        openai(all, "nvidia_nim", "https://integrate.api.nvidia.com/v1", null, "NVIDIA_NIM_API_KEY");
        openai(all, "deepinfra", "https://api.deepinfra.com/v1/openai", null, "DEEPINFRA_API_KEY");
        openai(all, "moonshot", "https://api.moonshot.ai/v1", null, "MOONSHOT_API_KEY");
        openai(all, "perplexity", "https://api.perplexity.ai", null, "PERPLEXITYAI_API_KEY");
        put(all, "hosted_vllm", "vllm", null, null, "HOSTED_VLLM_API_BASE", null);
        put(all, "vllm", "vllm", null, null, null, null);
        put(all, "ollama", "ollama", null, "http://localhost:11434", "OLLAMA_API_BASE", null);
        put(all, "ollama_chat", "ollama", null, "http://localhost:11434", "OLLAMA_API_BASE", null);
        put(all, "azure", "azure_openai", null, null, "AZURE_API_BASE", "AZURE_API_KEY");
        put(all, "azure_text", "azure_openai", null, null, "AZURE_API_BASE", "AZURE_API_KEY");
        put(all, "anthropic", "anthropic", null, "https://api.anthropic.com", null, "ANTHROPIC_API_KEY");
        put(all, "anthropic_text", "anthropic", null, "https://api.anthropic.com", null, "ANTHROPIC_API_KEY");
        put(all, "gemini", "gemini", null, "https://generativelanguage.googleapis.com", null, "GEMINI_API_KEY");
        put(all, "vertex_ai", "vertex", null, null, null, null);
        put(all, "vertex_ai_beta", "vertex", null, null, null, null);
        return all;
    }

    private static void openai(
            Map<String, LiteLlmProvider> all,
            String name,
            @Nullable String url,
            @Nullable String baseVariable,
            @Nullable String keyVariable) {
        put(all, name, "openai", "openai", url, baseVariable, keyVariable);
    }

    private static void put(
            Map<String, LiteLlmProvider> all,
            String name,
            String provider,
            @Nullable String dialect,
            @Nullable String url,
            @Nullable String baseVariable,
            @Nullable String keyVariable) {
        all.put(name, new LiteLlmProvider(name, provider, dialect, url, baseVariable, keyVariable));
    }

    /** Returns the provider of a name. */
    static Optional<LiteLlmProvider> named(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    /** Returns the provider of a model that names none. */
    static Optional<LiteLlmProvider> ofModel(String model) {
        if (model.startsWith("claude-")) {
            return named("anthropic");
        }
        return OF_OPENAI.matcher(model).matches() ? named("openai") : Optional.empty();
    }

    /** Whether its URL ends where the names of OpenAI's endpoints begin: LiteLLM adds {@code /chat/completions} to it, we what clients ask for. */
    boolean isOpenAiBase() {
        return provider.equals("openai") || provider.equals("vllm");
    }

    /** How it is shown its key. */
    String credential() {
        return isOpenAiBase() || provider.equals("ollama") ? "bearer" : "api_key";
    }
}
