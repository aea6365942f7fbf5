package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

class AdminIT {
    private static final byte[] NOTHING = {};
    private static final String CHAT = "/v1/chat/completions";

    private final World world = World.fresh();

    private Answer get(Deployment.Kind kind, String path) {
        return RawClient.exchange(world.deployment(kind).admin(path), "GET", "", NOTHING);
    }

    private void ask(Deployment.Kind kind, String forward, String path) {
        RawClient.exchange(world.deployment(kind).forward(forward, path), "POST", "", new byte[] {'{', '}'});
    }

    @ParameterizedTest
    @KindSource
    void healthIsToldInTheFormOfMicroProfile(Deployment.Kind kind) throws Exception {
        for (String path : List.of("/health", "/health/live", "/health/ready", "/health/started")) {
            Answer answer = get(kind, path);
            assertThat(answer.status()).as(path).isEqualTo(200);
            assertThat(answer.header("Content-Type")).as(path).startsWith("application/json");
            JsonNode json = new ObjectMapper().readTree(answer.text());
            assertThat(json.at("/status").asText()).as(path).isEqualTo("UP");
            assertThat(json.at("/checks").isArray()).as(path).isTrue();
        }
    }

    @ParameterizedTest
    @KindSource
    void metricsHaveTheDocumentedNamesTypesAndLabels(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.json("{}"));
        ask(kind, "plain", CHAT);
        ask(kind, "unreachable", CHAT);

        Answer answer = get(kind, "/metrics");

        assertThat(answer.header("Content-Type")).startsWith("text/plain");
        Map.of(
                        "llmproxy_http_requests_total", "counter",
                        "llmproxy_http_request_duration_seconds", "histogram",
                        "llmproxy_http_request_errors_total", "counter",
                        "llmproxy_upstream_requests_total", "counter",
                        "llmproxy_upstream_duration_seconds", "histogram",
                        "llmproxy_upstream_errors_total", "counter")
                .forEach((name, type) -> assertThat(answer.text()).contains("# TYPE " + name + " " + type));
        assertThat(labels(answer, "llmproxy_http_requests_total")).contains("forward", "method", "path");
        assertThat(labels(answer, "llmproxy_http_request_duration_seconds_count"))
                .contains("forward", "method", "path");
        assertThat(labels(answer, "llmproxy_http_request_errors_total")).contains("forward", "error", "status");
        assertThat(labels(answer, "llmproxy_upstream_requests_total")).contains("group", "upstream");
        assertThat(labels(answer, "llmproxy_upstream_duration_seconds_count")).contains("group", "upstream");
        assertThat(labels(answer, "llmproxy_upstream_errors_total")).contains("error", "group", "upstream");
        assertThat(answer.text()).contains("forward=\"plain\"").contains("path=\"" + CHAT + "\"");
    }

    private static Set<String> labels(Answer metrics, String name) {
        String line = metrics.text()
                .lines()
                .filter(one -> one.startsWith(name + "{"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no sample of " + name + " in\n" + metrics.text()));
        return Pattern.compile("(\\w+)=\"")
                .matcher(line)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @ParameterizedTest
    @KindSource
    void aRequestIsCountedOnce(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.json("{}"));
        double before = counted(get(kind, "/metrics"));

        for (int i = 0; i < 5; i++) {
            ask(kind, "told", CHAT);
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() ->
                        assertThat(counted(get(kind, "/metrics")) - before).isEqualTo(5));
    }

    private static double counted(Answer metrics) {
        return metrics.text()
                .lines()
                .filter(line -> line.startsWith("llmproxy_http_requests_total{") && line.contains("\"told\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @ParameterizedTest
    @KindSource
    void clientsCannotMakeUpLabels(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        ask(kind, "plain", "/v1/made/up/0");
        RawClient.exchange(world.deployment(kind).forward("plain", "/v1/made/up"), "MADEUP", "", NOTHING);
        long before = get(kind, "/metrics").text().lines().count();

        for (int i = 1; i < 200; i++) {
            ask(kind, "plain", "/v1/made/up/" + i);
            RawClient.exchange(world.deployment(kind).forward("plain", "/v1/made/up"), "MADEUP" + i, "", NOTHING);
        }

        Answer after = get(kind, "/metrics");
        assertThat(after.text().lines().count() - before).isLessThan(20);
        assertThat(after.text()).doesNotContain("made/up").doesNotContain("MADEUP");
    }

    @ParameterizedTest
    @KindSource
    void withoutATokenNoCallerIsAnOperator(Deployment.Kind kind) {
        for (String token : List.of("", "Authorization: Bearer \r\n", "Authorization: Bearer null\r\n")) {
            Answer answer = RawClient.exchange(world.deployment(kind).admin("/admin/reload"), "POST", token, NOTHING);
            assertThat(answer.status()).as(token).isEqualTo(403);
            assertThat(answer.text()).contains("admin_disabled");
        }
    }

    @ParameterizedTest
    @KindSource
    void eachExchangeIsLoggedWithOneLineAndNoSecret(Deployment.Kind kind) {
        String path = World.path();
        world.upstream.on(path, Behaviour.json("{\"answer\":\"body-canary\"}"));
        RawClient.exchange(
                world.deployment(kind).forward("bearer", path + "?key=query-canary"),
                "POST",
                "Authorization: Bearer sk-canary\r\nX-Request-Id: logged-" + path.hashCode() + "\r\n",
                "{\"question\":\"body-canary\"}".getBytes(StandardCharsets.UTF_8));

        String log = awaitLog(kind, "logged-" + path.hashCode());

        assertThat(log.lines().filter(line -> line.contains("logged-" + path.hashCode())))
                .hasSize(1);
        assertThat(log)
                .doesNotContain("canary")
                .doesNotContain("upstream-token")
                .doesNotContain("WELD-");
    }

    private String awaitLog(Deployment.Kind kind, String wanted) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(world.deployment(kind)::log, log -> log.contains(wanted));
    }
}
