package io.llmproxy.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A launcher whose configuration is in a store, with the ports that it alone has: variables put them over the document's. */
final class StoreNode implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(60);
    private static final byte[] NOTHING = {};
    private static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);

    final Path directory = Artefacts.workDirectory("store-node");
    final int port = Ports.free();
    final int admin = Ports.free();
    private final String store;
    private final String adminKeys;
    private final String[] jvmOptions;
    private ServerProcess process;

    private StoreNode(String store, String adminKeys, String... jvmOptions) {
        this.store = store;
        this.adminKeys = adminKeys;
        this.jvmOptions = jvmOptions;
        this.process = launch();
    }

    /** Starts one; {@code store} holds keys of its section in flow style. */
    static StoreNode start(String store) {
        return start(store, "");
    }

    /** Starts one with more keys of {@code http_server.admin}, each behind a comma. */
    static StoreNode start(String store, String adminKeys) {
        return new StoreNode(store, adminKeys, "-Xmx128m");
    }

    /** Starts one for a test that measures. */
    static StoreNode startFast(String store) {
        return startFast(store, "");
    }

    /** Starts one for a test that measures, with more keys of {@code http_server.admin}, each behind a comma. */
    static StoreNode startFast(String store, String adminKeys) {
        return new StoreNode(store, adminKeys, "-Xmx256m", Deployment.AS_FAST_AS_IT_CAN);
    }

    private ServerProcess launch() {
        List<String> command = JavaCommand.launcher(jvmOptions);
        command.addAll(List.of("--config", file().toString()));
        return ServerProcess.start(
                directory, Map.of("LLMPROXY_HTTP_SERVER__FORWARDS__0__PORT", Integer.toString(port)), command);
    }

    private Path file() {
        try {
            return Files.writeString(directory.resolve("node.yaml"), """
                    store: {poll: 200ms, timeout: 1s, %s}
                    http_server: {admin: {port: %d, token: operators-token%s}}
                    """.formatted(store, admin, adminKeys));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it again with the state that it left. */
    void again() {
        process.close();
        process = launch();
    }

    ServerProcess process() {
        return process;
    }

    Answer get(String path) {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + admin + path), "GET", "Connection: close\r\n", NOTHING);
    }

    /** Calls its admin API with the operators' token; an empty body is none. */
    Answer call(String method, String path, String headers, Map<String, Object> body) {
        try {
            return RawClient.exchange(
                    URI.create("http://127.0.0.1:" + admin + "/admin/api/v1" + path),
                    method,
                    "Connection: close\r\nAuthorization: Bearer operators-token\r\nContent-Type: application/json\r\n"
                            + headers,
                    body.isEmpty() ? NOTHING : new JsonMapper().writeValueAsBytes(body));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Commits a document where a version is the head. */
    Answer commit(long base, String document) {
        return call("POST", "/config", "If-Match: \"v" + base + "\"\r\n", Map.of("text", document));
    }

    /** Asks for a chat. */
    Answer ask() {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"),
                "POST",
                "Connection: close\r\n",
                QUESTION);
    }

    /** Asks for a chat with a key. */
    Answer ask(String key) {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"),
                "POST",
                "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                QUESTION);
    }

    /** What {@code /health/detailed} tells of the store. */
    JsonNode standing() {
        try {
            for (JsonNode check :
                    new JsonMapper().readTree(get("/health/detailed").text()).get("checks")) {
                if (check.get("name").asText().equals("store")) {
                    return check.get("data");
                }
            }
            throw new IllegalStateException("no check of a store");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Metrics metrics() {
        return Metrics.parse(get("/metrics").text());
    }

    /** Waits until it answers operators. */
    StoreNode awaitUp() {
        Awaitility.await()
                .atMost(SOON)
                .failFast(() -> !process.alive())
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .until(() -> get("/health/live").status() == 200);
        return this;
    }

    /** Waits until it serves. */
    StoreNode awaitReady() {
        awaitUp();
        Awaitility.await()
                .atMost(SOON)
                .failFast(() -> !process.alive())
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .until(() -> get("/health/ready").status() == 200);
        return this;
    }

    /** Waits until the store's state is this one. */
    void awaitState(String state) {
        awaitState(state, SOON);
    }

    void awaitState(String state, Duration limit) {
        Awaitility.await()
                .atMost(limit)
                .pollInterval(Duration.ofMillis(20))
                .failFast(() -> !process.alive())
                .until(() -> standing().get("state").asText().equals(state));
    }

    /** Waits until it serves a version. */
    void awaitVersion(long version, Duration limit) {
        Awaitility.await()
                .atMost(limit)
                .pollInterval(Duration.ofMillis(20))
                .failFast(() -> !process.alive())
                .until(() -> standing().get("active").asLong() == version);
    }

    @Override
    public void close() {
        process.close();
    }
}
