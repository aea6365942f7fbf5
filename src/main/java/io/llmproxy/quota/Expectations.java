package io.llmproxy.quota;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What requests with one key are expected to use, for each model. */
final class Expectations {
    /** Clients call models as they like: those beyond are one. */
    static final int MOST_MODELS = 100;

    private static final String OTHERS = "";

    private final ConcurrentHashMap<String, Expected> models = new ConcurrentHashMap<>();

    Expected of(@Nullable String model) {
        return models.getOrDefault(name(model), Expected.NOTHING);
    }

    void learn(@Nullable String model, long taken, Used used) {
        models.compute(name(model), (name, known) -> (known == null ? Expected.NOTHING : known).with(taken, used));
    }

    private String name(@Nullable String model) {
        return model == null || (!models.containsKey(model) && models.size() >= MOST_MODELS) ? OTHERS : model;
    }
}
