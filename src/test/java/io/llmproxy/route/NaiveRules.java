package io.llmproxy.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tries every rule on every request, and of those that match looks for one that no other is better than: slow, and nothing
 * shared with what it checks but the look at one path.
 */
final class NaiveRules {
    private final List<Rule> rules;

    NaiveRules(List<Rule> rules) {
        this.rules = rules;
    }

    /** A rule as it is written; what is empty is no condition. */
    record Rule(int number, String host, String path, String header, String model) {
        String name() {
            return host.replaceAll("[:/].*", "");
        }

        String port() {
            return host.contains(":") ? host.replaceAll("^[^:]*:|/.*", "") : "";
        }

        String prefix() {
            return host.contains("/") ? host.substring(host.indexOf('/')) : "";
        }
    }

    /** A request; the host is empty if it has none. */
    record Ask(
            String host,
            String path,
            Map<String, String> headers,
            @Nullable String model) {}

    @Nullable Rule best(Ask ask) {
        List<Rule> matching = new ArrayList<>();
        for (Rule rule : rules) {
            if (matchesHost(rule, ask) && matchesRest(rule, ask)) {
                matching.add(rule);
            }
        }
        Rule best = null;
        for (Rule rule : matching) {
            if (best == null || isBetter(rule, best)) {
                best = rule;
            }
        }
        return best;
    }

    static String stripped(Rule rule, String path) {
        String rest = path.substring(rule.prefix().length());
        return rule.prefix().isEmpty() ? path : "/" + rest.replaceFirst("^/+", "");
    }

    private static boolean matchesHost(Rule rule, Ask ask) {
        if (rule.host().isEmpty()) {
            return true;
        }
        String name = ask.host().replaceAll(":.*", "").toLowerCase(Locale.ROOT);
        String port = ask.host().contains(":") ? ask.host().replaceAll(".*:", "") : "";
        boolean named = rule.name().startsWith("*")
                ? name.endsWith(rule.name().substring(1))
                        && name.length() > rule.name().length() - 1
                : name.equals(rule.name());
        boolean prefixed = (ask.path() + "/").startsWith(rule.prefix() + "/");
        return named && prefixed && (rule.port().isEmpty() || rule.port().equals(port));
    }

    private static boolean matchesRest(Rule rule, Ask ask) {
        boolean path = rule.path().isEmpty()
                || !new NaiveRouter(List.of(rule.path()))
                        .matching(stripped(rule, ask.path()))
                        .isEmpty();
        String[] header = rule.header().split("=", 2);
        boolean headed =
                rule.header().isEmpty() || header[1].equals(ask.headers().get(header[0]));
        String model = ask.model();
        boolean modelled = rule.model().isEmpty()
                || (model != null && model.matches(rule.model().replace("*", ".*")));
        return path && headed && modelled;
    }

    private static boolean isBetter(Rule one, Rule other) {
        int host = Integer.compare(hostRank(one), hostRank(other));
        if (host != 0) {
            return host > 0;
        }
        if (one.prefix().length() != other.prefix().length()) {
            return one.prefix().length() > other.prefix().length();
        }
        if (one.path().isEmpty() != other.path().isEmpty()) {
            return other.path().isEmpty();
        }
        if (!one.path().isEmpty() && NaiveRouter.isBetter(one.path(), other.path())) {
            return true;
        }
        if (!one.path().isEmpty() && NaiveRouter.isBetter(other.path(), one.path())) {
            return false;
        }
        if (one.header().isEmpty() != other.header().isEmpty()) {
            return other.header().isEmpty();
        }
        int model = Integer.compare(modelRank(one), modelRank(other));
        return model == 0 ? one.number() < other.number() : model > 0;
    }

    /** Of names that all match one host, the longer one says more. */
    private static int hostRank(Rule rule) {
        if (rule.host().isEmpty()) {
            return -1;
        }
        int exact = rule.name().startsWith("*") ? 0 : 100_000;
        return exact + rule.name().length() * 2 + (rule.port().isEmpty() ? 0 : 1);
    }

    private static int modelRank(Rule rule) {
        if (rule.model().isEmpty()) {
            return 0;
        }
        return rule.model().contains("*") ? 1 : 2;
    }
}
