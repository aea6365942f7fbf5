package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.llmproxy.config.ModelMap;
import io.llmproxy.upstream.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Who serves which model. */
final class ModelViews {
    private ModelViews() {}

    record Server(
            String upstream,
            @JsonProperty("as") @Nullable String called,
            List<String> groups,
            List<String> forwards,
            boolean up) {}

    record Model(String name, boolean pattern, List<Server> servedBy) {}

    record Models(List<Model> models, List<String> any) {}

    static Models of(Gateway.Current current) {
        long now = System.nanoTime();
        Map<String, Model> models = new TreeMap<>();
        List<String> any = new ArrayList<>();
        for (Upstream upstream : current.upstreams().all()) {
            if (upstream.config().models().isAll()) {
                any.add(upstream.name());
            }
            List<String> groups = ViewsResource.groups(current.config(), upstream.name());
            List<String> forwards = groups.stream()
                    .flatMap(group -> ViewsResource.forwards(current.config(), group).stream())
                    .distinct()
                    .toList();
            boolean up = upstream.standing(now).isUp();
            for (ModelMap.Entry entry : upstream.config().models().entries()) {
                String called = entry.upstreamName().isEmpty() ? null : entry.upstreamName();
                models.computeIfAbsent(
                                entry.model().text(),
                                name -> new Model(name, !entry.model().isExact(), new ArrayList<>()))
                        .servedBy()
                        .add(new Server(upstream.name(), called, groups, forwards, up));
            }
        }
        return new Models(List.copyOf(models.values()), any);
    }
}
