package io.llmproxy.config;

import org.jspecify.annotations.Nullable;

/** An upstream's place in a group. */
public record MemberConfig(
        @Setting(value = "Name of an upstream.", required = true)
        String name,

        @Setting(
                value = "Share of the requests under `weighted_roundrobin`; default: the upstream's own weight.",
                min = 1,
                max = 65535)
        @Nullable Integer weight) {}
