package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWatchTest {
    private final AtomicInteger reloads = new AtomicInteger();
    private boolean watching = true;

    @TempDir
    private Path directory;

    private Path file;
    private ConfigWatch watch;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(directory.resolve("config.yaml"), "one");
        watch = new ConfigWatch(file, () -> config(watching), reloads::incrementAndGet);
    }

    private static ProxyConfig config(boolean watch) {
        String yaml = """
                http_server: {forwards: [{name: a, upstream_group: g}]}
                upstreams: [{name: u, url: 'http://u'}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                watch: %s
                """.formatted(watch);
        return ConfigLoader.parse(yaml, "test", Path.of(""), Map.of()).config();
    }

    private static ProxyConfig config(Path certificate) {
        String yaml = """
                http_server: {forwards: [{name: a, upstream_group: g}]}
                upstreams: [{name: u, url: 'https://u', tls: {ca_file: '%s'}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                watch: true
                """.formatted(certificate);
        return ConfigLoader.parse(yaml, "test", Path.of(""), Map.of()).config();
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            watch.run();
        }
    }

    @Test
    void aFileThatStaysAsItIsIsNotLoadedAgain() {
        look(5);
        assertThat(reloads).hasValue(0);
    }

    @Test
    void aChangeIsLoadedOnceWhenItHasComeToRest() throws IOException {
        Files.writeString(file, "another");
        look(1);
        assertThat(reloads).hasValue(0);
        Files.writeString(file, "still another");
        look(1);
        assertThat(reloads).hasValue(0);
        look(5);
        assertThat(reloads).hasValue(1);
    }

    @Test
    void aFileThatIsGoneForAMomentIsLoadedWhenItIsBack() throws IOException {
        Files.delete(file);
        look(3);
        assertThat(reloads).hasValue(0);
        Files.writeString(file, "back again");
        look(3);
        assertThat(reloads).hasValue(1);
    }

    @Test
    void aLinkThatPointsElsewhereIsAChange() throws IOException {
        Path link = directory.resolve("link.yaml");
        Files.createSymbolicLink(link, file);
        ConfigWatch linked = new ConfigWatch(link, () -> config(true), reloads::incrementAndGet);
        Path other = Files.writeString(directory.resolve("other.yaml"), "one");
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));

        Files.delete(link);
        Files.createSymbolicLink(link, other);
        linked.run();
        linked.run();

        assertThat(reloads).hasValue(1);
    }

    @Test
    void aFileIsNotWatchedUnlessTheConfigurationSaysSo() throws IOException {
        watching = false;
        Files.writeString(file, "another");
        look(5);
        assertThat(reloads).hasValue(0);
    }

    @Test
    void aCertificateThatIsRenewedIsLoaded() throws IOException {
        Path certificate = Files.writeString(directory.resolve("ca.pem"), "one");
        ConfigWatch watching = new ConfigWatch(file, () -> config(certificate), reloads::incrementAndGet);
        watching.run();
        assertThat(reloads).hasValue(0);

        Files.writeString(certificate, "another");
        watching.run();
        watching.run();
        watching.run();

        assertThat(reloads).hasValue(1);
    }

    @Test
    void aCertificateThatIsGoneForAMomentIsLoadedWhenItIsBack() throws IOException {
        Path certificate = Files.writeString(directory.resolve("ca.pem"), "one");
        ProxyConfig config = config(certificate);
        ConfigWatch watching = new ConfigWatch(file, () -> config, reloads::incrementAndGet);

        Files.delete(certificate);
        watching.run();
        watching.run();
        assertThat(reloads).hasValue(0);
        Files.writeString(certificate, "back again");
        watching.run();
        watching.run();

        assertThat(reloads).hasValue(1);
    }

    @Test
    void aCertificateThatAReloadHasBroughtIsNotLoadedAgain() throws IOException {
        Path certificate = Files.writeString(directory.resolve("ca.pem"), "one");
        ConfigWatch watching = new ConfigWatch(
                file, () -> reloads.get() == 0 ? config(true) : config(certificate), reloads::incrementAndGet);

        Files.writeString(file, "another");
        for (int i = 0; i < 5; i++) {
            watching.run();
        }

        assertThat(reloads).hasValue(1);
    }
}
