package io.llmproxy.store;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.load.LimitsText;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists of models and of limits of many keys: keys that have the same ones share them, as a pattern may take more memory than all the
 * rest, and limits take longer to read.
 */
final class SharedSettings {
    private static final Logger LOG = LoggerFactory.getLogger(SharedSettings.class);

    private final Map<List<String>, List<ModelPattern>> models = new HashMap<>();
    private final Map<String, Optional<List<LimitConfig>>> limits = new HashMap<>();

    List<ModelPattern> models(List<String> texts) {
        return models.computeIfAbsent(
                texts,
                absent -> absent.stream()
                        .flatMap(text -> ModelPattern.parse(text).stream())
                        .toList());
    }

    /** Reads limits; nothing if they are not understood, such as when a later release has written them. Then the key is not to be used. */
    Optional<List<LimitConfig>> limits(String text) {
        return limits.computeIfAbsent(text, absent -> {
            LimitsText.Read read = LimitsText.read(absent);
            if (read.problems().isEmpty()) {
                return Optional.of(read.limits());
            }
            LOG.warn("the limits of some client keys cannot be read; these keys are refused: {}", read.problems());
            return Optional.empty();
        });
    }
}
