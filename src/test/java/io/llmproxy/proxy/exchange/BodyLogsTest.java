package io.llmproxy.proxy.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.BodyLog.Recording;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two logs of bodies as one. */
final class BodyLogsTest {
    private final List<String> told = new ArrayList<>();
    private final Entrance entrance = new Entrance("", new ExchangeListener() {});

    @AfterEach
    void stop() {
        entrance.close();
    }

    /** Notes what it is told. */
    private class Noting implements BodyLog, Recording {
        private final String name;

        Noting(String name) {
            this.name = name;
        }

        private void note(String what) {
            told.add(name + " " + what);
        }

        @Override
        public @Nullable Recording client(Exchange exchange) {
            return this;
        }

        @Override
        public @Nullable Recording attempt(Exchange exchange, String upstream) {
            return this;
        }

        @Override
        public void request(String method, String path, Function<String, @Nullable String> header) {
            note(method + " " + path);
        }

        @Override
        public void request(ByteBuffer piece) {
            note("asked " + piece.remaining());
        }

        @Override
        public void answer(int status, Function<String, @Nullable String> header) {
            note("status " + status);
        }

        @Override
        public void answer(ByteBuffer piece) {
            note("answered " + piece.remaining());
        }

        @Override
        public void end(SettledAttempt attempt) {
            note("attempt");
        }

        @Override
        public void end(Exchange exchange) {
            note("end");
        }

        @Override
        public void discard() {
            note("discard");
        }
    }

    @Test
    void eachIsToldAll() throws Exception {
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
        BodyLog logs = new BodyLogs(new Noting("a"), new Noting("b"));

        Recording both = Objects.requireNonNull(logs.client(exchange));
        both.request("POST", "/x", name -> null);
        both.request(ByteBuffer.allocate(1));
        both.answer(200, name -> null);
        both.answer(ByteBuffer.allocate(2));
        both.end(exchange);
        both.discard();

        assertThat(told)
                .containsExactly(
                        "a POST /x",
                        "b POST /x",
                        "a asked 1",
                        "b asked 1",
                        "a status 200",
                        "b status 200",
                        "a answered 2",
                        "b answered 2",
                        "a end",
                        "b end",
                        "a discard",
                        "b discard");
    }

    @Test
    void oneThatFailsDoesNotKeepTheExchangeFromItsEnd() throws Exception {
        BodyLog failing = new Noting("a") {
            @Override
            public void end(Exchange exchange) {
                throw new IllegalStateException("full");
            }
        };
        try (Entrance recorded = new Entrance("", failing)) {
            Exchange exchange = recorded.routed(FakeClient.of("POST", "/v1/chat/completions"));
            exchange.received(List::of);

            Entrance.end(exchange, "u", 200, 3);
        }

        assertThat(told).containsExactly("a POST /v1/chat/completions", "a status 200", "a answered 3");
    }

    @Test
    void whereOneKeepsNothingTheOtherIsTold() throws Exception {
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
        Noting one = new Noting("a");

        assertThat(new BodyLogs(one, BodyLog.NONE).attempt(exchange, "u")).isSameAs(one);
        assertThat(new BodyLogs(BodyLog.NONE, one).attempt(exchange, "u")).isSameAs(one);
        assertThat(new BodyLogs(BodyLog.NONE, BodyLog.NONE).client(exchange)).isNull();
    }
}
