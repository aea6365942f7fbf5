package io.llmproxy.config;

/** A group whose members see and change the keys of one scope, and of those below it, and nothing else. */
public record ScopedGroupConfig(
        @Setting(value = "Name of the group; `*` stands for everyone.", required = true)
        String group,

        @Setting(value = "Name of the scope.", required = true)
        String scope,

        @Setting(
                value =
                        "What its members may do with these keys: `viewer` sees them, what they use and what is left; `editor` and `admin` change them, too.",
                byDefault = "editor")
        Role role) {
    /** What members may do. */
    public enum Role {
        VIEWER,
        EDITOR,
        ADMIN
    }
}
