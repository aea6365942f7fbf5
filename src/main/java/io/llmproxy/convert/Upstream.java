package io.llmproxy.convert;

import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;
import java.util.Map;

/**
 * What an attempt has to know of an upstream.
 *
 * @param dialect the dialect that it speaks
 * @param place where it speaks it
 * @param family whose opaque state it reads, such as {@code anthropic}; upstreams that can read each other's have the
 *     same
 * @param model its name for the model
 * @param capabilities what the configuration says that the model takes, by the names of the keys
 */
public record Upstream(Dialect dialect, Place place, String family, String model, Map<String, String> capabilities) {

    /** Makes one that is its vendor's own. */
    public static Upstream of(Dialect dialect, String model) {
        String family = switch (dialect) {
            case CHAT, RESPONSES -> "openai";
            case MESSAGES -> "anthropic";
            case GEMINI -> "gemini";
        };
        return new Upstream(dialect, Place.NATIVE, family, model, Map.of());
    }
}
