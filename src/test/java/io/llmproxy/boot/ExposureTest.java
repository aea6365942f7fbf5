package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ExposureTest {
    private static ProxyConfig config(String ofForward, String ofUpstream, String top) {
        return ConfigLoader.parse("""
                        http_server: {forwards: [{name: f, port: 3000, upstream_group: g%s}]}
                        upstreams: [{name: u, url: "http://u"%s}]
                        upstream_groups: [{name: g, upstreams: [{name: u}]}]
                        %s
                        """.formatted(ofForward, ofUpstream, top), "test", Path.of(""), Map.of())
                .config();
    }

    @Test
    void anOpenForwardIsNamedWithItsAddress() {
        assertThat(Exposure.of(config("", "", ""), true))
                .hasValueSatisfying(line -> assertThat(line).contains("forward f (0.0.0.0:3000)"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                ", address: 127.0.0.1 | - | -",
                ", address: 127.9.9.9 | - | -",
                ", address: '::1' | - | -",
                "', keys: [{name: k, key: sk-0123456789}]' | - | -",
                "- | ', keys: [{name: k, key: sk-0123456789}]' | -",
                "- | - | keys: [{name: k, key: sk-0123456789}]",
            })
    void oneWithKeysOrForThisMachineAloneIsNotOpen(
            @Nullable String ofForward, @Nullable String ofUpstream, @Nullable String top) {
        ProxyConfig config = config(text(ofForward), text(ofUpstream), text(top));

        assertThat(Exposure.of(config, true)).isEmpty();
    }

    private static String text(@Nullable String orNull) {
        return orNull == null ? "" : orNull;
    }

    @Test
    void inAContainerTheAddressSaysNothing() {
        assertThat(Exposure.of(config(", address: 127.0.0.1", "", ""), false)).isPresent();
        assertThat(Exposure.of(config("", "", "keys: [{name: k, key: sk-0123456789}]"), false))
                .isEmpty();
    }
}
