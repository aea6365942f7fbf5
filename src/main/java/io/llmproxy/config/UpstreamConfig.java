package io.llmproxy.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One backend: where it is, how we identify ourselves to it, and when we leave it alone. */
@Obsolete({"http_client", "ratelimit"})
public record UpstreamConfig(
        @Setting(value = "Unique name; also a metric label.", required = true)
        String name,

        @Setting(value = "Base URL, `http` or `https`, to which a request's path and query are added.", required = true)
        URI url,

        @Setting(
                value =
                        "`join` adds the request's path and query to `url`; `exact` sends every request to `url` as it stands.",
                byDefault = "join")
        UrlMode urlMode,

        @Setting(
                value =
                        "Provider of the API. It decides which header carries a key, which paths are sent, and what a health check requests. `custom` accepts every path.",
                byDefault = "custom")
        Provider provider,

        @Setting(
                "API of the upstream, if `provider` does not imply it: `openai` (Chat Completions), `responses`, `anthropic` or `gemini`. Clients of other APIs are served by conversion.")
        @Nullable SpokenApi dialect,

        @Setting(
                "Version of the API: the query's `api-version` for `azure_openai`, the header `anthropic-version` for `anthropic` (default `2023-06-01`). A version that the client sends takes precedence.")
        @Nullable String apiVersion,

        @Setting(value = "Weight, unless the group states one.", byDefault = "1", min = 1, max = 65535)
        int weight,

        @Setting("The credential that is sent to the upstream.")
        AuthConfig auth,

        @Setting(
                "Client keys for this upstream only. If there are any, a client needs one of them, or a key of the forward or of all forwards.")
        List<ClientKeyConfig> keys,

        @Setting(
                "Models that the upstream serves, and its own names for them: `gpt-4o: gpt-4o-2024-08-06`, or a list where the names are the same. Patterns are allowed; exact names take precedence. Empty: every model.")
        ModelMap models,

        @Setting("Capabilities of the models, for conversion. Defaults come from the models' names.")
        CapabilitiesConfig capabilities,

        @Setting(
                value =
                        "How token usage is determined: `read` reads the answers; `ask` also requests usage in chat streams, and hides it from clients that did not request it; `off` does neither. `auto` is `ask` for `openai`, `azure_openai`, `vllm` and `ollama`, and `read` for the others.",
                byDefault = "auto")
        UsageMode usage,

        @Setting("Changes to the headers of a request, made in order after everything else.")
        List<HeaderConfig> headers,

        @Setting("When to stop sending requests to an upstream that fails.") @Nullable BreakerConfig breaker,

        @Setting("How long an upstream that answered 429 gets no requests.")
        CooldownConfig rateLimited,

        @Setting("Requests that check whether the upstream is healthy.") @Nullable HealthCheckConfig healthCheck,

        @Setting(
                value = "Requests that are sent to it at the same time; 0 sets no limit.",
                byDefault = "0",
                min = 0,
                max = 1000000)
        int maxConcurrent,

        @Setting(
                value =
                        "Requests that may wait for it when `max_concurrent` are in flight; further ones are refused with 503.",
                byDefault = "100",
                min = 0,
                max = 1000000)
        int maxQueued,

        @Setting(
                value = "How long a request may wait for it before it is refused with 503.",
                byDefault = "10s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration queueTimeout,

        @Setting(value = "`false` sends no more requests to the upstream; those in flight finish.", byDefault = "true")
        boolean enabled,

        @Setting("How the upstream's certificate is checked, and the client certificate that is sent.")
        TlsConfig tls) {
    public UpstreamConfig {
        keys = List.copyOf(keys);
        headers = List.copyOf(headers);
    }

    /** The same, enabled or not. */
    public UpstreamConfig withEnabled(boolean on) {
        return new UpstreamConfig(
                name,
                url,
                urlMode,
                provider,
                dialect,
                apiVersion,
                weight,
                auth,
                keys,
                models,
                capabilities,
                usage,
                headers,
                breaker,
                rateLimited,
                healthCheck,
                maxConcurrent,
                maxQueued,
                queueTimeout,
                on,
                tls);
    }

    /** How the URL of a request to the upstream comes about. */
    public enum UrlMode {
        JOIN,
        EXACT
    }
}
