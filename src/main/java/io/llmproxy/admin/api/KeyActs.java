package io.llmproxy.admin.api;

import io.llmproxy.admin.IssuedKeys.ConflictException;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.ScopeConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is done to client keys, whichever API it comes by. */
final class KeyActs {
    private final Gateway gateway;

    KeyActs(Gateway gateway) {
        this.gateway = gateway;
    }

    /** Refuses what is no key, or the name of a key of the configuration; {@code before} is how it was. */
    void check(KeyBody body, @Nullable IssuedKey before) {
        ProxyConfig config = gateway.current().get().config();
        List<Finding> problems = new ArrayList<>(body.problems());
        List<String> forwards =
                config.httpServer().forwards().stream().map(ForwardConfig::name).toList();
        List<String> known = before == null ? List.of() : before.forwards();
        for (String forward : body.opens()) {
            if (!forwards.contains(forward) && !known.contains(forward)) {
                problems.add(new Finding(
                        null,
                        "forwards",
                        forward + ": no such forward (expected: " + String.join(", ", forwards) + ")"));
            }
        }
        String scope = body.scope();
        List<String> scopes = config.scopes().stream().map(ScopeConfig::name).toList();
        if (scope != null
                && !scopes.contains(scope)
                && (before == null || !scope.equals(before.config().scope()))
                && problems.stream().noneMatch(problem -> problem.path().equals("scope"))) {
            String expected =
                    scopes.isEmpty() ? "null, because the configuration has no scopes" : String.join(", ", scopes);
            problems.add(new Finding(null, "scope", scope + ": no such scope (expected: " + expected + ")"));
        }
        if (!problems.isEmpty()) {
            Finding first = problems.get(0);
            throw new Refused(400, "invalid_request", first.path() + ": " + first.message()).with(problems);
        }
        // A key that had the name first can still be changed, to disable it for instance.
        boolean renamed = before == null || !before.config().name().equalsIgnoreCase(body.name());
        if (renamed
                && KeyViews.all(config).anyMatch(placed -> placed.key().name().equalsIgnoreCase(body.name()))) {
            throw new Refused(
                    409,
                    "conflict",
                    "name: " + body.name() + " is a key of the configuration (expected: a unique name)");
        }
    }

    /** What a key may do, for the audit. */
    static Map<String, Object> told(KeyBody body) {
        Map<String, Object> told = new LinkedHashMap<>();
        Json.MAPPER.valueToTree(body).properties().forEach(member -> {
            if (!member.getValue().isNull()) {
                told.put(member.getKey(), member.getValue());
            }
        });
        return told;
    }

    interface Storing<T> {
        T store() throws ConflictException;
    }

    /** The note of what is done is stored with it. */
    static <T> T stored(Act act, Storing<T> storing) {
        try {
            T result = storing.store();
            act.kept(null);
            return result;
        } catch (ConflictException e) {
            String why = String.valueOf(e.getMessage());
            throw switch (e.conflict()) {
                case GONE -> new Refused(404, "not_found", why);
                case CHANGED -> new Refused(412, "precondition_failed", why + "; nothing was changed");
                case NAME_TAKEN, KEY_TAKEN -> new Refused(409, "conflict", why);
            };
        }
    }
}
