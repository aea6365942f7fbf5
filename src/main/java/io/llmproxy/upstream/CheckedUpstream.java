package io.llmproxy.upstream;

import io.llmproxy.config.HealthCheckConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/**
 * An upstream that health checks look at.
 *
 * @param upstream the upstream
 * @param check what to ask it, and how often
 * @param client the client through which requests reach it
 * @param agent the {@code User-Agent} that it is used to
 */
public record CheckedUpstream(Upstream upstream, HealthCheckConfig check, HttpClient client, String agent) {
    /** The upstream's name. */
    public String name() {
        return upstream.name();
    }

    /** What is asked for; null if connecting is enough. */
    public @Nullable String path() {
        return check.path() == null ? upstream.healthPath() : check.path();
    }

    /** Tells how which backend is looked at, the same on all nodes, and nothing else of it. */
    public String mark() {
        List<String> parts = new ArrayList<>(
                List.of(upstream.name(), upstream.config().url().toString(), String.valueOf(path()), check.toString()));
        parts.addAll(new TreeSet<>(upstream.keys().marked().keySet()));
        return Marks.of(parts.toArray(String[]::new));
    }

    /** Whether the same is asked of the same backend: then what was found before still counts. */
    public boolean asksLike(CheckedUpstream before) {
        return upstream.config().url().equals(before.upstream.config().url())
                && check.equals(before.check)
                && Objects.equals(path(), before.path());
    }
}
