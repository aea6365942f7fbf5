package io.llmproxy.capture;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The headers that are kept: a list of what may be, since new names for credentials and addresses turn up all the time. */
final class Headers {
    private static final List<String> HARMLESS = List.of(
            "accept",
            "anthropic-beta",
            "anthropic-version",
            "content-encoding",
            "content-length",
            "content-type",
            "openai-beta",
            "openai-processing-ms",
            "openai-version",
            "request-id",
            "retry-after",
            "user-agent",
            "x-llmproxy-conversion",
            "x-llmproxy-error",
            "x-request-id",
            "x-should-retry");

    private final Set<String> names = new LinkedHashSet<>(HARMLESS);

    /** @param more names beside those that are always kept */
    Headers(List<String> more) {
        more.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    }

    /** Returns those that are there. */
    Map<String, String> of(Function<String, @Nullable String> header) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String name : names) {
            String value = header.apply(name);
            if (value != null) {
                found.put(name, value);
            }
        }
        return found;
    }
}
