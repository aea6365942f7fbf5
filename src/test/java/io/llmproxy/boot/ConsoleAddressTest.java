package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.load.ConfigLoader;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ConsoleAddressTest {
    private static AdminConfig admin(String yaml) {
        String whole = """
                http_server: {forwards: [{name: main, upstream_group: g}], admin: {%s}}
                upstreams: [{name: u, url: "http://u"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(yaml);
        return ConfigLoader.parse(whole, "test", Path.of(""), Map.of())
                .config()
                .httpServer()
                .admin();
    }

    @Test
    void theLoopbackAddressIsToldToBeForThisMachineOnly() {
        assertThat(ConsoleAddress.of(admin(""), 9000))
                .isEqualTo("the console is at http://127.0.0.1:9000/admin/ui/, for this machine only"
                        + " (http_server.admin.address opens it to others)");
        assertThat(ConsoleAddress.of(admin("address: \"::1\""), 9001))
                .startsWith("the console is at http://[::1]:9001/");
    }

    @Test
    void whereOthersReachItNothingElseIsSaid() {
        assertThat(ConsoleAddress.of(admin("address: 0.0.0.0"), 9000))
                .isEqualTo("the console is at http://0.0.0.0:9000/admin/ui/");
    }
}
