package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UrlHostTest {
    @ParameterizedTest
    @CsvSource({
        "http://a, a, -1",
        "http://a:80/v1, a, 80",
        "http://[::1]:81, [::1], 81",
        "http://ollama_server:11434/v1, ollama_server, 11434",
        "http://_a._b.c_d, _a._b.c_d, -1",
        "socks5://user:pa_ss@squid_proxy:1080, squid_proxy, 1080",
        "http://a_b:, a_b, -1",
    })
    void hostAndPortAreRead(String url, String name, int port) {
        assertThat(UrlHost.of(URI.create(url))).contains(new UrlHost(name, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http:/a_b",
                "http://-a_b",
                "http://a_b-",
                "http://a_b..c",
                "http://a_b:0",
                "http://a_b:65536",
                "http://a:0",
                "http://a_b:99999999999",
                "http://a_b:x",
                "http://é_b",
                "http:opaque"
            })
    void whatIsNoHostIsNone(String url) {
        assertThat(UrlHost.of(URI.create(url))).isEmpty();
    }
}
