package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.health.TestCall;
import io.llmproxy.upstream.CheckedUpstream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Asks providers for a few tokens, model by model, as maywzh's llm-proxy does it. What is found changes nothing. */
final class MaywzhHealth {
    private static final String MODELS = "models";
    private static final String TIMEOUT = "timeout_secs";
    private static final String AT_ONCE = "max_concurrent";
    private static final String IDS = "provider_ids";
    private static final String STATUS = "status";
    private static final String HEALTHY = "healthy";
    private static final String UNHEALTHY = "unhealthy";
    private static final int LONGEST_SECONDS = 120;
    private static final int USUAL_SECONDS = 30;
    private static final int MOST_AT_ONCE = 10;
    private static final int USUAL_AT_ONCE = 2;
    private static final int MOST_MODELS = 200;
    private static final int MOST_IDS = 1000;

    private final Gateway gateway;
    private final MaywzhProviders providers;

    MaywzhHealth(Gateway gateway, MaywzhProviders providers) {
        this.gateway = gateway;
        this.providers = providers;
    }

    /**
     * What is asked, and how patiently.
     *
     * @param models null for those of the provider
     * @param until when nothing more is asked, by {@link System#nanoTime}
     */
    private record Wanted(@Nullable List<String> models, Duration timeout, int atOnce, long until) {
        boolean isOver() {
            return System.nanoTime() - until >= 0;
        }
    }

    private record Found(
            String model,
            boolean healthy,
            long millis,
            @Nullable String error) {
        ObjectNode told() {
            return Json.MAPPER
                    .createObjectNode()
                    .put("model", model)
                    .put(STATUS, healthy ? HEALTHY : UNHEALTHY)
                    .put("response_time_ms", millis)
                    .put("error", error);
        }
    }

    /** One provider, with a summary. */
    ObjectNode one(String id, ObjectNode body) {
        MaywzhBody.only(body, List.of(MODELS, TIMEOUT, AT_ONCE));
        ObjectNode told = told(providers.find(id), wanted(body));
        ObjectNode summary = told.putObject("summary");
        int healthy = count(told.path(MODELS), HEALTHY);
        summary.put("total_models", told.path(MODELS).size())
                .put("healthy_models", healthy)
                .put("unhealthy_models", told.path(MODELS).size() - healthy);
        return told;
    }

    /** One provider; what is wanted is in the query. */
    ObjectNode look(String id, UnaryOperator<@Nullable String> query) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        String models = query.apply(MODELS);
        if (models != null && !models.isBlank()) {
            ArrayNode list = body.putArray(MODELS);
            for (String model : models.split(",", -1)) {
                if (!model.isBlank()) {
                    list.add(model.strip());
                }
            }
        }
        String seconds = query.apply(TIMEOUT);
        if (seconds != null) {
            body.put(TIMEOUT, MaywzhLogs.number(TIMEOUT, seconds));
        }
        return told(providers.find(id), wanted(body));
    }

    /** All providers, or some, one after the other. */
    ObjectNode all(ObjectNode body) {
        MaywzhBody.only(body, List.of(IDS, MODELS, TIMEOUT, AT_ONCE));
        Wanted wanted = wanted(body);
        List<Long> ids = MaywzhBody.numbers(body, IDS, MOST_IDS);
        ObjectNode whole = Json.MAPPER.createObjectNode();
        ArrayNode list = whole.putArray("providers");
        providers.list().stream()
                .filter(provider -> ids.isEmpty() || ids.contains(provider.id()))
                .forEach(provider -> list.add(told(provider, wanted)));
        return whole.put("total_providers", list.size())
                .put("healthy_providers", count(list, HEALTHY))
                .put("unhealthy_providers", count(list, UNHEALTHY));
    }

    private static int count(JsonNode list, String status) {
        int count = 0;
        for (JsonNode item : list) {
            count += item.path(STATUS).asText().equals(status) ? 1 : 0;
        }
        return count;
    }

    private static Wanted wanted(ObjectNode body) {
        Integer seconds = MaywzhBody.number(body, TIMEOUT, 1, LONGEST_SECONDS);
        Integer atOnce = MaywzhBody.number(body, AT_ONCE, 1, MOST_AT_ONCE);
        List<String> models = MaywzhBody.texts(body, MODELS);
        if (models.size() > MOST_MODELS) {
            throw Refused.invalid(MODELS, "too many (expected: at most " + MOST_MODELS + ")");
        }
        return new Wanted(
                models.isEmpty() ? null : models,
                Duration.ofSeconds(seconds == null ? USUAL_SECONDS : seconds),
                atOnce == null ? USUAL_AT_ONCE : atOnce,
                System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS));
    }

    private ObjectNode told(MaywzhProviders.Provider provider, Wanted wanted) {
        ObjectNode told = Json.MAPPER.createObjectNode();
        told.put("provider_id", provider.id())
                .put("provider_key", provider.key())
                .put("provider_type", provider.told().path("provider_type").asText());
        Optional<CheckedUpstream> target = gateway.current().get().upstreams().test(provider.key());
        List<Found> found =
                target.isEmpty() || !provider.isEnabled() ? List.of() : found(target.get(), provider, wanted);
        boolean healthy = found.stream().anyMatch(Found::healthy);
        String status = provider.isEnabled() ? healthy ? HEALTHY : UNHEALTHY : "disabled";
        told.put(STATUS, found.isEmpty() && provider.isEnabled() ? "unknown" : status);
        ArrayNode models = told.putArray(MODELS);
        found.forEach(one -> models.add(one.told()));
        OptionalDouble average =
                found.stream().filter(Found::healthy).mapToLong(Found::millis).average();
        told.put("avg_response_time_ms", average.isPresent() ? Math.round(average.getAsDouble()) : null);
        return told.put("checked_at", Times.told(Instant.now()));
    }

    private static List<Found> found(CheckedUpstream target, MaywzhProviders.Provider provider, Wanted wanted) {
        List<String> models = wanted.models() == null ? usual(provider) : wanted.models();
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < models.size(); i += wanted.atOnce()) {
            if (wanted.isOver()) {
                models.subList(i, models.size())
                        .forEach(model -> found.add(new Found(model, false, 0, "not checked: the time was over")));
                return found;
            }
            List<CompletableFuture<Found>> running =
                    models.subList(i, Math.min(models.size(), i + wanted.atOnce())).stream()
                            .map(model -> ask(target, provider, model, wanted.timeout()))
                            .toList();
            running.forEach(one -> found.add(one.join()));
        }
        return found;
    }

    /** Those that it maps; a pattern is no name that a provider knows. */
    private static List<String> usual(MaywzhProviders.Provider provider) {
        List<String> names = provider.models().keySet().stream()
                .filter(name ->
                        ModelPattern.parse(name).filter(ModelPattern::isExact).isPresent())
                .limit(MOST_MODELS)
                .toList();
        return names.isEmpty() ? List.of(type(provider).usualModel()) : names;
    }

    private static MaywzhType type(MaywzhProviders.Provider provider) {
        return MaywzhType.of(provider.told().path("provider_type").asText());
    }

    private static CompletableFuture<Found> ask(
            CheckedUpstream target, MaywzhProviders.Provider provider, String model, Duration timeout) {
        long begun = System.nanoTime();
        String asked = provider.models().getOrDefault(model, model);
        HealthCheckConfig check = check(target.check(), type(provider), asked, timeout);
        CompletableFuture<TestCall.Result> result =
                TestCall.start(new CheckedUpstream(target.upstream(), check, target.client(), target.agent()));
        return result.exceptionally(failure -> new TestCall.Result(false, reason(failure)))
                .thenApply(one -> new Found(
                        model,
                        one.success(),
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                        one.success() ? null : one.reason()));
    }

    private static String reason(Throwable failure) {
        return failure instanceof CompletionException
                ? "not sent"
                : failure.getClass().getSimpleName();
    }

    private static HealthCheckConfig check(HealthCheckConfig usual, MaywzhType type, String model, Duration timeout) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        String path = switch (type) {
            case OPENAI -> "/v1/chat/completions";
            case RESPONSES -> "/v1/responses";
            case ANTHROPIC -> "/v1/messages";
            case CLAUDE_ON_VERTEX -> "/publishers/anthropic/models/" + model + ":rawPredict";
            case GEMINI_ON_VERTEX -> "/publishers/google/models/" + model + ":generateContent";
            case GEMINI_AT_GOOGLE -> "/v1beta/models/" + model + ":generateContent";
        };
        if (type.dialect().equals("gemini")) {
            body.putArray("contents")
                    .addObject()
                    .put("role", "user")
                    .putArray("parts")
                    .addObject()
                    .put("text", "Hi");
            body.putObject("generationConfig").put("maxOutputTokens", 5);
        } else if (type == MaywzhType.RESPONSES) {
            body.put("model", model).put("input", "Hi").put("max_output_tokens", 16);
        } else {
            body.putArray("messages").addObject().put("role", "user").put("content", "Hi");
            body.put("max_tokens", 5);
            body.put(
                    type.isOnVertex() ? "anthropic_version" : "model", type.isOnVertex() ? "vertex-2023-10-16" : model);
        }
        return new HealthCheckConfig(
                path,
                "POST",
                body.toString(),
                usual.headers(),
                usual.interval(),
                timeout,
                usual.unhealthyThreshold(),
                usual.healthyThreshold());
    }
}
