package io.llmproxy.config;

import java.net.URI;
import java.util.List;

/** Where warnings are sent: a POST with a JSON object each. */
@Switchable
public record WebhookConfig(
        @Setting(value = "URL for warnings. It may hold a credential, so it is never printed.", required = true)
        Secret url,

        @Setting("Headers that are sent with warnings, such as a credential.")
        List<HeaderLineConfig> headers) {
    public WebhookConfig {
        headers = List.copyOf(headers);
    }

    /** The address. */
    public URI address() {
        return URI.create(url.reveal());
    }
}
