package io.llmproxy.store;

import io.llmproxy.config.ModelPattern;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lists of models of many keys: keys that name the same models share them, as a pattern may take more memory than all the rest. */
final class SharedPatterns {
    private final Map<List<String>, List<ModelPattern>> known = new HashMap<>();

    List<ModelPattern> of(List<String> texts) {
        return known.computeIfAbsent(
                texts,
                absent -> absent.stream()
                        .flatMap(text -> ModelPattern.parse(text).stream())
                        .toList());
    }
}
