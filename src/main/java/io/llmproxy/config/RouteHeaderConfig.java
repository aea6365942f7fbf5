package io.llmproxy.config;

/** A header that a request has. */
@Switchable
public record RouteHeaderConfig(
        @Setting(value = "Name of the header.", required = true)
        String key,

        @Setting(
                value = "Value of the header, or of one of its lines, as a whole; upper and lower case differ.",
                required = true)
        String value) {}
