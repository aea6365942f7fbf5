package io.llmproxy.upstream;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.CapabilitiesConfig;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.config.ModelMap;
import io.llmproxy.config.Provider;
import io.llmproxy.config.TlsConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.UsageMode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Configurations of upstreams with what a test is about, and defaults. */
final class UpstreamConfigs {
    private static final AuthConfig NONE =
            new AuthConfig(AuthConfig.Type.NONE, null, List.of(), null, null, null, null, 0, 0);

    private UpstreamConfigs() {}

    static UpstreamConfig of(AuthConfig auth) {
        return of(Provider.CUSTOM, "http://u", UpstreamConfig.UrlMode.JOIN, null, auth);
    }

    static UpstreamConfig of(Provider provider, String url, UpstreamConfig.UrlMode mode, @Nullable String version) {
        return of(provider, url, mode, version, NONE);
    }

    private static UpstreamConfig of(
            Provider provider, String url, UpstreamConfig.UrlMode mode, @Nullable String version, AuthConfig auth) {
        return new UpstreamConfig(
                "u",
                URI.create(url),
                mode,
                provider,
                null,
                version,
                1,
                auth,
                List.of(),
                ModelMap.ALL,
                new CapabilitiesConfig(
                        null, null, null, List.of(), null, null, null, null, null, null, null, null, null, null, null,
                        null, null, null, null, null, null),
                UsageMode.AUTO,
                List.of(),
                null,
                new CooldownConfig(Duration.ofSeconds(5), Duration.ofMinutes(10)),
                null,
                0,
                100,
                Duration.ofSeconds(10),
                true,
                new TlsConfig(null, null, null, true));
    }
}
