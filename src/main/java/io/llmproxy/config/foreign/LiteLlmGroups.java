package io.llmproxy.config.foreign;

import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which upstreams serve what. All of them are in one group, where the models that each serves keep requests apart; what is to be served in an
 * order, or with times of its own, has a group and a rule of its own.
 */
final class LiteLlmGroups {
    /** The group of all upstreams, which also tells which models there are. */
    static final String ALL = "main";

    private final Origin origin;
    private final LiteLlmRouter router;
    private final List<LiteLlmDeployment> deployments;
    private final Map<String, Scalar> asked = new LinkedHashMap<>();
    private final boolean patterns;

    LiteLlmGroups(Origin origin, LiteLlmRouter router, List<LiteLlmDeployment> deployments) {
        this.origin = origin;
        this.router = router;
        this.deployments = deployments;
        this.patterns = deployments.stream().anyMatch(LiteLlmDeployment::isPattern);
        deployments.forEach(deployment -> asked.putIfAbsent(deployment.model().text(), deployment.model()));
        router.aliases().forEach(this::alias);
    }

    private void alias(String alias, Scalar model) {
        List<LiteLlmDeployment> serving = serving(model.text());
        if (serving.isEmpty()) {
            router.unknown(model);
            return;
        }
        serving.forEach(deployment -> deployment.serve(alias, deployment.targetOf(model.text())));
        asked.putIfAbsent(alias, model);
    }

    /** Those of a name go before those whose pattern stands for it. */
    private List<LiteLlmDeployment> serving(String model) {
        List<LiteLlmDeployment> named = deployments.stream()
                .filter(deployment -> deployment.model().text().equals(model))
                .toList();
        return named.isEmpty()
                ? deployments.stream()
                        .filter(deployment -> deployment.standsFor(model))
                        .toList()
                : named;
    }

    /** A model with a group of its own. */
    private record Own(String model, List<LiteLlmDeployment> members, boolean inOrder) {}

    private List<Own> own() {
        List<Own> own = new ArrayList<>();
        asked.forEach((name, written) -> {
            List<LiteLlmDeployment> members = new ArrayList<>(serving(written.text()));
            members.sort(Comparator.comparing(LiteLlmDeployment::order));
            boolean ordered =
                    members.stream().map(LiteLlmDeployment::order).distinct().count() > 1;
            int ofItsOwn = members.size();
            Set<LiteLlmDeployment> all = new LinkedHashSet<>(members);
            for (Scalar other : router.fallbacks(name)) {
                List<LiteLlmDeployment> helping = serving(other.text());
                if (helping.isEmpty()) {
                    router.unknown(other);
                }
                for (LiteLlmDeployment one : helping) {
                    if (all.add(one)) {
                        one.serve(name, one.targetOf(other.text()));
                    }
                }
            }
            boolean inOrder = ordered || all.size() > ofItsOwn;
            if (inOrder && ofItsOwn > 1 && !ordered) {
                router.inTurn(written);
            }
            boolean apart = patterns && !name.contains("*");
            if (inOrder || apart || timeout(members) != null) {
                own.add(new Own(name, List.copyOf(all), inOrder));
            }
        });
        return own;
    }

    /** The times of a model, where all of its deployments have the same. */
    private @Nullable Mapping timeout(List<LiteLlmDeployment> members) {
        Scalar whole = common(members.stream().map(LiteLlmDeployment::timeout).toList());
        Scalar stream =
                common(members.stream().map(LiteLlmDeployment::streamTimeout).toList());
        return whole == null && stream == null ? null : router.timeout(origin, whole, stream);
    }

    private static @Nullable Scalar common(List<@Nullable Scalar> times) {
        Scalar first = times.isEmpty() ? null : times.get(0);
        return first != null
                        && times.stream()
                                .allMatch(time -> time != null && time.text().equals(first.text()))
                ? first
                : null;
    }

    /** The groups, in our words. */
    List<Mapping> groups(List<Mapping> rules) {
        List<Mapping> groups = new ArrayList<>();
        groups.add(group(ALL, deployments, false, null));
        for (Own own : own()) {
            String name = own.model.equals(ALL) ? ALL + "-model" : own.model;
            groups.add(group(name, own.members, own.inOrder, timeout(serving(asked(own)))));
            rules.add(new TreeBuilder(origin)
                    .put("model", own.model)
                    .put("target_group", name)
                    .build());
        }
        return groups;
    }

    private String asked(Own own) {
        return Objects.requireNonNull(asked.get(own.model), "one of those that are asked for")
                .text();
    }

    private Mapping group(String name, List<LiteLlmDeployment> members, boolean inOrder, @Nullable Mapping timeout) {
        List<Mapping> items = members.stream()
                .map(member -> new TreeBuilder(member.model().origin())
                        .put("name", member.name())
                        .build())
                .toList();
        return new TreeBuilder(origin)
                .put("name", name)
                .put("upstreams", items)
                .put("balance", router.balance(origin, inOrder, isWeighted()))
                .put("http_client", router.client(origin, timeout))
                .build();
    }

    private boolean isWeighted() {
        return router.isByShare() && deployments.stream().anyMatch(one -> one.share() != null);
    }

    /** The upstreams, in our words; once the groups are known, so is what each serves. */
    List<Mapping> upstreams() {
        Map<LiteLlmDeployment, Integer> weights = isWeighted() ? weights() : Map.of();
        return deployments.stream()
                .map(deployment -> deployment.build(weights.get(deployment)))
                .toList();
    }

    /** Shares count among the deployments of one model. */
    private Map<LiteLlmDeployment, Integer> weights() {
        Map<LiteLlmDeployment, Integer> weights = new HashMap<>();
        deployments.stream()
                .collect(Collectors.groupingBy(
                        deployment -> deployment.model().text(), LinkedHashMap::new, Collectors.toList()))
                .values()
                .forEach(ofModel -> {
                    List<Integer> whole = WholeWeights.of(ofModel.stream()
                            .map(one -> one.share() == null ? BigDecimal.ONE : one.share())
                            .toList());
                    for (int i = 0; i < whole.size(); i++) {
                        weights.put(ofModel.get(i), whole.get(i));
                    }
                });
        return weights;
    }
}
