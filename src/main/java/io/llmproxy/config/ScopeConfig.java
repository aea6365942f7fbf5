package io.llmproxy.config;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An organisation, a team, a project or a user to which keys belong. Scopes form a tree; whatever one sets holds for all below it. */
public record ScopeConfig(
        @Setting(value = "Unique name; also a metric label.", required = true)
        String name,

        @Setting(
                value =
                        "Kind of scope: `org`, `team`, `project` or `user`. Its parent is of the same kind or of one further left.",
                byDefault = "team")
        Kind kind,

        @Setting("Name of the scope to which it belongs.") @Nullable String parent,

        @Setting(
                "Models that may be used: names, names with `*`, or regular expressions (RE2) of whole names; empty for all. A key may only use models that all scopes above it allow.")
        List<ModelPattern> models,

        @Setting(value = "`false` refuses all keys below it.", byDefault = "true")
        boolean enabled,

        @Setting("How much may be used with all keys below it together.")
        List<LimitConfig> limits) {
    /** A role, or a key of a store, can be bound to a scope whose name has no more characters. */
    public static final int LONGEST_BOUND = 200;

    public ScopeConfig {
        models = List.copyOf(models);
        limits = List.copyOf(limits);
    }

    /** What a scope is, the largest first. */
    public enum Kind {
        ORG,
        TEAM,
        PROJECT,
        USER;

        /** Its name in messages. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
