package io.llmproxy.config;

/** One header of a request of our own. */
public record HeaderLineConfig(
        @Setting(value = "Name of the header.", required = true)
        String key,

        @Setting(value = "Its value. It may be a credential, so it is never printed.", required = true)
        Secret value) {}
