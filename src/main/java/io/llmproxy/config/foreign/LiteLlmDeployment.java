package io.llmproxy.config.foreign;

import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry of LiteLLM's {@code model_list}, which is an upstream here: it serves one model, and whatever is sent to it in place of others.
 *
 * @param model what clients ask for: a name, or a pattern with {@code *}
 * @param name of the upstream
 * @param target what the provider calls the model; with {@code *} for what the pattern's stands for
 * @param upstream our words for it, without the models that it serves
 * @param share the requests that it gets, relative to others of the model; null if that is not stated
 * @param order of its turn; others come first or last by it
 * @param timeout of a request; null if that is not stated
 * @param streamTimeout of a stream's beginning; null if that is not stated
 * @param served what it serves here: names and patterns, and the provider's names for them
 */
record LiteLlmDeployment(
        Scalar model,
        String name,
        String target,
        TreeBuilder upstream,
        @Nullable BigDecimal share,
        BigDecimal order,
        @Nullable Scalar timeout,
        @Nullable Scalar streamTimeout,
        Map<String, String> served) {
    private static final String ANY = "*";

    static LiteLlmDeployment of(
            Scalar model,
            String name,
            String target,
            TreeBuilder upstream,
            @Nullable BigDecimal share,
            BigDecimal order,
            @Nullable Scalar timeout,
            @Nullable Scalar streamTimeout) {
        LiteLlmDeployment deployment = new LiteLlmDeployment(
                model, name, target, upstream, share, order, timeout, streamTimeout, new LinkedHashMap<>());
        deployment.serve(model.text(), target);
        return deployment;
    }

    boolean isPattern() {
        return model.text().contains(ANY);
    }

    /** Serves another model with its own, unless it serves that already. */
    void serve(String asked, String providersName) {
        served.putIfAbsent(asked, providersName);
    }

    /** What the provider calls a model that a pattern stands for. */
    String targetOf(String asked) {
        int star = model.text().indexOf(ANY);
        if (star < 0 || !target.contains(ANY)) {
            return target;
        }
        String rest = model.text().substring(star + 1);
        return target.replace(ANY, asked.substring(star, asked.length() - rest.length()));
    }

    /** Whether its pattern stands for a name. */
    boolean standsFor(String asked) {
        int star = model.text().indexOf(ANY);
        String rest = model.text().substring(star + 1);
        return star >= 0
                && asked.length() >= star + rest.length()
                && asked.startsWith(model.text().substring(0, star))
                && asked.endsWith(rest);
    }

    Mapping build(@Nullable Integer weight) {
        TreeBuilder models = new TreeBuilder(model.origin());
        served.forEach((asked, providers) -> models.put(asked, providers));
        if (weight != null) {
            upstream.put("weight", weight.toString());
        }
        return upstream.put("models", models.build()).build();
    }
}
