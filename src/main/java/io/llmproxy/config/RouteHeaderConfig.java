package io.llmproxy.config;

/** A header that a request has. */
@Switchable
public record RouteHeaderConfig(
        @Setting(value = "Name of the header.", required = true)
        String key,

        @Setting(value = "Its whole value, or that of one of its lines; upper and lower case differ.", required = true)
        String value) {}
