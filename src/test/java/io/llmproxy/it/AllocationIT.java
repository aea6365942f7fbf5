package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.RemoteAllocation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The proxy allocates no more than a stated number of bytes for an exchange and for an event. The JVM's own counters tell,
 * not a clock: a slow machine has the figures of a fast one, but for what a compiler finds that it can do without.
 *
 * <p>One client sends one request after the other, each in one piece, and an event is sent when the one before has come: so
 * each is read, relayed and written by itself, and none shares what it costs with the next.
 */
@Tag("weighs")
class AllocationIT {
    /**
     * Measured 15,900 bytes on Java 17 and 14,400 on 25; the rest is room for what a compiler does otherwise. About half is Jetty's:
     * a request and a response on each side, their fields, and an iterator for each look at them. A sixth is the access line
     * and its way to the log. Most of the rest is ours: the request's body, the exchange, the attempt and what they are made of.
     */
    private static final long BUDGET_PER_EXCHANGE = 18_300;

    /**
     * With what is on unless it is switched off: the answer's usage is read and settled, metrics and the ledger have it, and the access
     * line says it. Measured 20,000 bytes on Java 17.
     */
    private static final long BUDGET_PER_METERED_EXCHANGE = 22_000;

    /**
     * Measured 680 bytes on Java 17 and 630 on 25. Nine tenths are Jetty's: the write and the flush, the piece that the parser hands
     * out, turns of serialized work, and the selector's keys. Ours is a view of the buffer that is read into.
     */
    private static final long BUDGET_PER_EVENT = 780;

    /**
     * Of a client of Anthropic's API at an upstream of OpenAI's, with 1 KB each way, beside what is metered. Measured 52,000 bytes on Java 17: two
     * trees of JSON for the request and two for the answer, with their texts.
     */
    private static final long BUDGET_PER_CONVERTED_EXCHANGE = 60_000;

    /** The same for an event: the tree of its JSON, what it means, and the client's event. Measured 3,150 bytes on Java 17. */
    private static final long BUDGET_PER_CONVERTED_EVENT = 3_600;

    /**
     * For a client that connects, asks twice and leaves. Measured 38,000 bytes on Java 17 and 35,700 on 25: two exchanges, and what a connection is
     * made of. Jetty's cache of header fields alone would take 98 KiB from the second request on.
     */
    private static final long BUDGET_PER_CLIENT = 45_000;

    private static final int COUNT = 10_000;
    private static final int CLIENTS = 2_000;

    /** How often it is counted if it is too much: a compiler that gets little of a busy machine is late. */
    private static final int ROUNDS = 3;

    /** Those that do something for an exchange; not those that look around by the clock, nor those that count. */
    private static final Pattern THREADS = Pattern.compile("llmproxy-(loop|log).*");

    private static final String CHAT = "/v1/chat/completions";
    private static final byte[] ANSWER = answer();
    private static final String STREAM =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String EVENT =
            "data: {\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
                    + "\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
                    + "\"finish_reason\":null}]}\n\n";

    private final Semaphore due = new Semaphore(0);

    @Test
    void anExchangeKeepsItsBudget() {
        byte[] request = request("");
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(upstream, answers());
                RawClient client = RawClient.connect(deployment.forward("chat"))) {
            assertKept("exchange", BUDGET_PER_EXCHANGE, COUNT, deployment, () -> ask(client, request));
        }
    }

    /** Other nodes may know of what upstreams keep, and a request that names nothing of it costs no more for that. */
    @Test
    void anExchangeThatNamesNothingKeepsItsBudgetAmongNodes() {
        byte[] request = request("");
        try (RedisServer redis = RedisServer.start();
                FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(
                        upstream,
                        answers(),
                        new Gateway()
                                .top("ledger: {enabled: false}")
                                .top("redis: {url: \"" + redis.url() + "\"}")
                                .upstream("one", upstream.url(), "usage: off")
                                .upstream("two", upstream.url(), "usage: off")
                                .group("chat", "{name: one}, {name: two}", "")
                                .forward("chat", "chat", ""));
                RawClient client = RawClient.connect(deployment.forward("chat"))) {
            assertKept("exchange among nodes", BUDGET_PER_EXCHANGE, COUNT, deployment, () -> ask(client, request));
        }
    }

    @Test
    void anExchangeThatIsMeteredKeepsItsBudget() {
        byte[] request = request("");
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(upstream, answers(), gateway(upstream, ""));
                RawClient client = RawClient.connect(deployment.forward("chat"))) {
            assertKept("metered exchange", BUDGET_PER_METERED_EXCHANGE, COUNT, deployment, () -> ask(client, request));
        }
    }

    @Test
    void aClientThatConnectsKeepsItsBudget() {
        byte[] request = request("");
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(upstream, answers())) {
            assertKept("client", BUDGET_PER_CLIENT, CLIENTS, deployment, () -> {
                try (RawClient client = RawClient.connect(deployment.forward("chat"))) {
                    ask(client, request);
                    ask(client, request);
                }
            });
        }
    }

    @Test
    void anEventKeepsItsBudget() {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(upstream, streams(), gateway(upstream, ""));
                RawClient client = RawClient.connect(deployment.forward("chat"))) {
            client.send(request(",\"stream\":true")).head();
            assertKept("event", BUDGET_PER_EVENT, COUNT, deployment, () -> {
                due.release();
                assertThat(client.event().text()).hasSize(EVENT.length() - 2);
            });
        }
    }

    @Test
    void aConvertedExchangeKeepsItsBudget() {
        byte[] request = converted("");
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(upstream, answers(), gateway(upstream, "dialect: openai"));
                RawClient client = RawClient.connect(deployment.forward("chat"))) {
            assertKept(
                    "converted exchange", BUDGET_PER_CONVERTED_EXCHANGE, COUNT, deployment, () -> ask(client, request));
        }
    }

    @Test
    void aConvertedEventKeepsItsBudget() {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = start(upstream, streams(), gateway(upstream, "dialect: openai"));
                RawClient client = RawClient.connect(deployment.forward("chat"))) {
            due.release();
            client.send(converted(",\"stream\":true")).head();
            // The events that begin a stream of Anthropic's come with the first word.
            String text = "";
            while (!text.contains(" word")) {
                text = client.event().text();
            }
            assertKept("converted event", BUDGET_PER_CONVERTED_EVENT, COUNT, deployment, () -> {
                due.release();
                assertThat(client.event().text()).contains("content_block_delta");
            });
        }
    }

    private static byte[] converted(String more) {
        return request("/v1/messages", ",\"max_tokens\":100" + more);
    }

    private static void ask(RawClient client, byte[] request) {
        Answer answer = client.send(request).answer();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.whole()).isTrue();
    }

    /** Does it as often as it is counted once before, as the JVM loads and compiles code meanwhile. */
    private static void assertKept(String what, long budget, int count, Deployment deployment, Runnable step) {
        repeat(count, step);
        List<Long> figures = new ArrayList<>();
        long figure = Long.MAX_VALUE;
        try (RemoteAllocation allocation = RemoteAllocation.of(deployment.process(), THREADS)) {
            while (figure > budget && figures.size() < ROUNDS) {
                Map<Long, Long> before = allocation.bytes();
                repeat(count, step);
                figure = allocation.since(before) / count;
                figures.add(figure);
            }
        }
        assertThat(figure).as("bytes for each %s, in turn %s", what, figures).isBetween(1L, budget);
    }

    private static void repeat(int count, Runnable step) {
        for (int i = 0; i < count; i++) {
            step.run();
        }
    }

    /** Without what is measured by itself. */
    private static Deployment start(FakeUpstream upstream, Behaviour behaviour) {
        return start(upstream, behaviour, gateway(upstream, "usage: off").top("ledger: {enabled: false}"));
    }

    private static Gateway gateway(FakeUpstream upstream, String ofUpstream) {
        return new Gateway().single("chat", upstream.url(), ofUpstream, "", "");
    }

    private static Deployment start(FakeUpstream upstream, Behaviour behaviour, Gateway gateway) {
        upstream.on(CHAT, behaviour);
        return Deployment.start(
                Deployment.Kind.LAUNCHER, gateway, "-Xmx256m", "-XX:+UseSerialGC", Deployment.AS_FAST_AS_IT_CAN);
    }

    private static Behaviour answers() {
        return new Behaviour("answers in one piece", conversation -> {
            conversation.readBody();
            conversation.send(ANSWER);
        });
    }

    private Behaviour streams() {
        return new Behaviour("streams as told", conversation -> {
            conversation.readBody();
            conversation.send(STREAM);
            while (true) {
                due.acquireUninterruptibly();
                conversation.chunk(EVENT);
            }
        });
    }

    /** Of 1 KB. */
    private static byte[] request(String more) {
        return request(CHAT, more);
    }

    private static byte[] request(String path, String more) {
        String body = "{\"model\":\"gpt-4o\"" + more + ",\"messages\":[{\"role\":\"user\",\"content\":\""
                + "tell me more ".repeat(75) + "\"}]}";
        return ascii("POST " + path + " HTTP/1.1\r\nHost: llm.test\r\nContent-Type: application/json\r\n"
                + "Authorization: Bearer key\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** With a body of 1.7 KB. */
    private static byte[] answer() {
        String body = "{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion\",\"model\":\"gpt-4o\",\"choices\":"
                + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + "a word ".repeat(215)
                + "\"},\"finish_reason\":\"stop\"}]}";
        return ascii("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
