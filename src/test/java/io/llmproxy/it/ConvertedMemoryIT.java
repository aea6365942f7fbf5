package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RemoteMemory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** What converted answers keep in memory is counted, and bounded by what all exchanges together may keep. */
class ConvertedMemoryIT {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final int ROOM = 256 * 1024;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final FakeUpstream upstream = FakeUpstream.start();

    @AfterEach
    void stop() {
        upstream.close();
    }

    private Deployment deployment(Kind kind, String server, String... options) {
        Gateway gateway = new Gateway()
                .single("claude", upstream.url(), "dialect: anthropic", "", "")
                .server(server);
        return Deployment.start(kind, gateway, options);
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    private static String message(int length) {
        return quoted(
                "{'id':'msg_1','type':'message','role':'assistant','model':'up','content':[{'type':'text','text':'"
                        + "x".repeat(length)
                        + "'}],'stop_reason':'end_turn','stop_sequence':null,'usage':{'input_tokens':3,'output_tokens':2}}");
    }

    private static Answer ask(Deployment deployment) {
        byte[] body = quoted("{'model':'m','messages':[{'role':'user','content':'hi'}]}")
                .getBytes(UTF_8);
        return RawClient.exchange(deployment.forward("claude", "/v1/chat/completions"), "POST", JSON, body);
    }

    private static Answer streamed(Deployment deployment) {
        byte[] body = quoted("{'model':'m','stream':true,'input':'hi'}").getBytes(UTF_8);
        return RawClient.exchange(deployment.forward("claude", "/v1/responses"), "POST", JSON, body);
    }

    @ParameterizedTest
    @KindSource
    void aWholeAnswerIsRefusedWhereThereIsNoRoomForIt(Kind kind) {
        try (Deployment deployment = deployment(kind, "max_buffered: " + ROOM)) {
            for (int round = 0; round < 5; round++) {
                upstream.otherwise(Behaviour.json(message(ROOM / 4)));
                isWithoutRoom(ask(deployment));
                upstream.otherwise(Behaviour.chunked(message(ROOM * 2).getBytes(UTF_8), 8000));
                isWithoutRoom(ask(deployment));

                upstream.otherwise(Behaviour.json(message(ROOM / 8)));
                Answer fits = ask(deployment);
                assertThat(fits.status()).as(fits.text()).isEqualTo(200);
                assertThat(fits.text()).contains("x".repeat(ROOM / 8));
            }
            assertThat(deployment.metricsAtRest().sum("llmproxy_shed_total", "reason=\"buffers_full\""))
                    .isEqualTo(10);
        }
    }

    private static void isWithoutRoom(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(503);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("overloaded");
        assertThat(answer.header("Retry-After")).isEqualTo("1");
        assertThat(answer.text()).contains("no room for the upstream's answer");
    }

    @ParameterizedTest
    @KindSource
    void aWholeAnswerOfMoreThan64MiBIsRefused(Kind kind) {
        try (Deployment deployment = deployment(kind, "max_buffered: " + ROOM)) {
            upstream.otherwise(Behaviour.raw("HTTP/1.1 200 OK\r\n" + JSON + "Content-Length: 70000000\r\n\r\n{"));

            Answer refused = ask(deployment);

            assertThat(refused.status()).as(refused.text()).isEqualTo(502);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("upstream_bad_response");
            assertThat(refused.text()).contains("64 MiB");
        }
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatTakesTooMuchMemoryBreaksOff(Kind kind) {
        try (Deployment deployment = deployment(kind, "max_buffered: " + ROOM)) {
            for (int round = 0; round < 5; round++) {
                upstream.otherwise(Behaviour.streams(Duration.ZERO, events(40, ROOM / 20)));
                Answer broken = streamed(deployment);
                assertThat(broken.status()).isEqualTo(200);
                assertThat(broken.text()).contains("xxx", "overloaded").doesNotContain("response.completed");

                upstream.otherwise(Behaviour.streams(Duration.ZERO, events(2, ROOM / 20)));
                assertThat(streamed(deployment).text()).contains("response.completed");
            }
        }
    }

    private static List<String> events(int count, int length) {
        List<String> events = new ArrayList<>();
        events.add(event(
                        "message_start",
                        ",'message':{'id':'msg_1','type':'message','role':'assistant','model':'up','content':[],"
                                + "'stop_reason':null,'stop_sequence':null,'usage':{'input_tokens':3,'output_tokens':1}}")
                + event("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}"));
        String delta = event(
                "content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'" + "x".repeat(length) + "'}");
        events.addAll(Collections.nCopies(count, delta));
        events.add(event("content_block_stop", ",'index':0")
                + event(
                        "message_delta",
                        ",'delta':{'stop_reason':'end_turn','stop_sequence':null},'usage':{'output_tokens':2}")
                + event("message_stop", ""));
        return events;
    }

    private static String event(String type, String members) {
        return quoted("event: " + type + "\ndata: {'type':'" + type + "'" + members + "}\n\n");
    }

    /** A quarter of the heap has room for one such answer while it is converted. */
    @Tag("weighs")
    @ParameterizedTest
    @KindSource
    void manyLargeAnswersAtATimeLeaveTheProcessAlive(Kind kind) throws Exception {
        try (Deployment deployment = deployment(kind, "max_lag: 0", "-Xmx64m")) {
            upstream.otherwise(Behaviour.json(message(2 * 1024 * 1024)));
            List<Callable<Integer>> asking =
                    Collections.nCopies(64, () -> ask(deployment).status());
            Set<Integer> statuses = new HashSet<>();
            ExecutorService clients = Executors.newFixedThreadPool(16);
            try {
                for (Future<Integer> status : clients.invokeAll(asking)) {
                    statuses.add(status.get());
                }
            } finally {
                clients.shutdownNow();
            }

            assertThat(statuses).contains(200).isSubsetOf(200, 503);
            assertThat(deployment.log()).doesNotContain("OutOfMemoryError");
            assertThat(ask(deployment).status()).isEqualTo(200);
        }
    }

    /** Measured in bytes, beyond what a stream takes that is passed on: the decoded request, and two small buffers. */
    @Tag("weighs")
    @ParameterizedTest
    @KindSource
    void anOpenConvertedStreamKeepsItsBudget(Kind kind) {
        upstream.otherwise(Behaviour.fallsSilent(events(1, 10).subList(0, 2)));
        List<RawClient> clients = new ArrayList<>();
        try (Deployment deployment = deployment(kind, "max_lag: 0", "-Xmx128m");
                RemoteMemory memory = RemoteMemory.of(deployment.process())) {
            open(deployment, 50, clients);
            long before = memory.bytes();
            open(deployment, 200, clients);
            long each = (memory.bytes() - before) / 200;
            assertThat(each).isBetween(1L, budget(kind));
        } finally {
            clients.forEach(RawClient::close);
        }
    }

    private static long budget(Kind kind) {
        return switch (kind) {
            case LAUNCHER -> 40_000;
            case JETTY -> 60_000;
            case TOMCAT -> 160_000;
        };
    }

    private static void open(Deployment deployment, int count, List<RawClient> clients) {
        URI uri = deployment.forward("claude", "/v1/responses");
        byte[] body = quoted("{'model':'m','stream':true,'input':'hi'}").getBytes(UTF_8);
        for (int index = 0; index < count; index++) {
            RawClient client = RawClient.connect(uri);
            clients.add(client);
            client.send("POST", RawClient.target(uri), JSON, body).head();
            client.event(SOON);
        }
    }
}
