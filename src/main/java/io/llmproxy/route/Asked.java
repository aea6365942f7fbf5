package io.llmproxy.route;

import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.RouteHeaderConfig;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request is told from others by, besides host and path.
 *
 * @param headers the values of the headers that matter, by their names in lower case
 * @param modelKnown whether the model was looked for; until then it may be any
 * @param model the model, or null if the request names none
 */
record Asked(
        Map<String, List<String>> headers,
        boolean modelKnown,
        @Nullable String model) {
    boolean meets(Route<?> route) {
        RouteHeaderConfig header = route.header();
        return meets(route.model())
                && (header == null
                        || headers.getOrDefault(header.key().toLowerCase(Locale.ROOT), List.of())
                                .contains(header.value()));
    }

    private boolean meets(@Nullable ModelPattern pattern) {
        return pattern == null || !modelKnown || (model != null && pattern.matches(model));
    }
}
