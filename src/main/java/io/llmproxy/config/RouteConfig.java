package io.llmproxy.config;

/** Sends the paths that match a pattern to a group. */
public record RouteConfig(
        @Setting(
                value =
                        "Pattern: static segments, `:name`, `{name:regex}`, `*` for one segment or, at the end, for all the rest.",
                required = true)
        String path,

        @Setting(value = "Group that the matching requests go to.", required = true)
        String targetGroup) {}
