package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/** How a {@link FakeUpstream} treats a request: a value with a name, so that a test reads as a sentence. */
public record Behaviour(String name, Script script) {
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String STREAM = String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream",
            "Cache-Control: no-cache",
            "Transfer-Encoding: chunked",
            "",
            "");

    /** What is read and sent, in order. */
    @FunctionalInterface
    public interface Script {
        /** Plays the upstream's part. */
        void play(Conversation conversation) throws IOException;
    }

    private static Behaviour afterBody(String name, Script script) {
        return new Behaviour(name, conversation -> {
            conversation.readBody();
            script.play(conversation);
        });
    }

    private static String head(int status, String headers) {
        return "HTTP/1.1 " + status + " Fake\r\n" + headers;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Answers 200 with JSON. */
    public static Behaviour json(String body) {
        return status(200, JSON, body);
    }

    /** Answers with a status, header lines that each end with CRLF, and a body of stated length. */
    public static Behaviour status(int status, String headers, String body) {
        return bytes(status, headers, utf8(body));
    }

    /** Answers with a status, header lines that each end with CRLF, and bytes of stated length, all in one piece. */
    public static Behaviour bytes(int status, String headers, byte[] body) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.writeBytes(utf8(head(status, headers) + "Content-Length: " + body.length + "\r\n\r\n"));
        answer.writeBytes(body);
        return afterBody("answers " + status, conversation -> conversation.send(answer.toByteArray()));
    }

    /** Answers with these very bytes after having read the request, and closes. */
    public static Behaviour raw(String bytes) {
        return afterBody("sends raw bytes", conversation -> {
            conversation.send(bytes);
            conversation.close();
        });
    }

    /** Answers with a head alone, as to HEAD or with 204 and 304. */
    public static Behaviour headOnly(int status, String headers) {
        return afterBody("answers " + status + " without a body", c -> c.send(head(status, headers) + "\r\n"));
    }

    /** Sends the request's body back, with its type. */
    public static Behaviour echo() {
        return afterBody("echoes", conversation -> {
            byte[] body = conversation.request().body();
            String type = conversation.request().head().value("Content-Type").orElse("application/octet-stream");
            conversation.send(head(200, "Content-Type: " + type + "\r\nContent-Length: " + body.length + "\r\n\r\n"));
            conversation.send(body);
        });
    }

    /** Speaks WebSocket, and says what a script says. */
    public static Behaviour webSocket(String headers, Consumer<WebSocketPeer> script) {
        return new Behaviour("speaks WebSocket", conversation -> {
            try {
                script.accept(conversation.webSocket(headers));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        });
    }

    /** Compresses JSON with gzip, whatever the request accepts. */
    public static Behaviour gzip(byte[] compressed) {
        return bytes(200, JSON + "Content-Encoding: gzip\r\n", compressed);
    }

    /** Compresses text as {@link #gzip} sends it. */
    public static byte[] compress(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(utf8(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Sends the body in chunks of a given size. */
    public static Behaviour chunked(byte[] body, int size) {
        return afterBody("answers in chunks", conversation -> {
            conversation.send(
                    head(200, "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"));
            for (int from = 0; from < body.length; from += size) {
                conversation.chunk(Arrays.copyOfRange(body, from, Math.min(body.length, from + size)));
            }
            conversation.lastChunk();
        });
    }

    /** Sends the body without a length and closes. */
    public static Behaviour closeDelimited(byte[] body) {
        return afterBody("answers until close", conversation -> {
            conversation.send(head(200, "Content-Type: application/octet-stream\r\nConnection: close\r\n\r\n"));
            conversation.send(body);
            conversation.close();
        });
    }

    /** Streams events, each when the test allows it, and ends properly. */
    public static Behaviour lockStep(LockStep steps, List<String> events) {
        return afterBody("streams in lock-step", conversation -> {
            conversation.send(STREAM);
            for (String event : events) {
                conversation.await(steps);
                conversation.chunk(event);
            }
            conversation.lastChunk();
        });
    }

    /** Streams events at a pace and ends properly. */
    public static Behaviour streams(Duration pace, List<String> events) {
        return afterBody("streams", conversation -> {
            sendEvents(conversation, pace, events);
            conversation.lastChunk();
        });
    }

    /** Streams events and then says nothing more until the client has gone. */
    public static Behaviour fallsSilent(List<String> events) {
        return afterBody("falls silent mid-stream", conversation -> {
            sendEvents(conversation, Duration.ZERO, events);
            conversation.awaitClientGone();
        });
    }

    /** Streams events, with a pause in their middle, to the end. */
    public static Behaviour pausesMidStream(List<String> before, Duration pause, List<String> after) {
        return afterBody("pauses mid-stream", conversation -> {
            sendEvents(conversation, Duration.ZERO, before);
            conversation.pause(pause);
            for (String event : after) {
                conversation.chunk(event);
            }
            conversation.lastChunk();
        });
    }

    /** Streams events and then resets the connection. */
    public static Behaviour resetsMidStream(List<String> events) {
        return afterBody("resets mid-stream", conversation -> {
            sendEvents(conversation, Duration.ZERO, events);
            conversation.pause(Duration.ofMillis(100));
            conversation.reset();
        });
    }

    /** Streams events and then closes without an end of the body. */
    public static Behaviour closesMidStream(List<String> events) {
        return afterBody("closes mid-stream", conversation -> {
            sendEvents(conversation, Duration.ZERO, events);
            conversation.close();
        });
    }

    private static void sendEvents(Conversation conversation, Duration pace, List<String> events) throws IOException {
        conversation.send(STREAM);
        for (String event : events) {
            conversation.chunk(event);
            if (!pace.isZero()) {
                conversation.pause(pace);
            }
        }
    }

    /** Streams events and then does something else than to end. */
    private static Behaviour streamsThen(String name, List<String> events, Script then) {
        return afterBody(name, conversation -> {
            sendEvents(conversation, Duration.ZERO, events);
            conversation.pause(Duration.ofMillis(100));
            then.play(conversation);
        });
    }

    /** Streams events and then a chunk whose size is no number. */
    public static Behaviour breaksFramingMidStream(List<String> events) {
        return streamsThen("breaks its framing mid-stream", events, conversation -> conversation.send("ZZ\r\nbad"));
    }

    /** Streams events, each when the test allows it, as they stand, under a header that says that they are compressed. */
    public static Behaviour lockStepGzip(LockStep steps, List<byte[]> pieces) {
        return afterBody("streams compressed", conversation -> {
            conversation.send(STREAM.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n"));
            for (byte[] piece : pieces) {
                conversation.await(steps);
                conversation.chunk(piece);
            }
            conversation.lastChunk();
        });
    }

    /** Resets the connection when it has the request. */
    public static Behaviour resets() {
        return afterBody("resets before headers", Conversation::reset);
    }

    /** States a length, sends the beginning of a body and resets. */
    public static Behaviour resetsMidBody(String begin, int length) {
        return afterBody("resets mid-body", conversation -> {
            conversation.send(head(200, JSON + "Content-Length: " + length + "\r\n\r\n" + begin));
            conversation.pause(Duration.ofMillis(100));
            conversation.reset();
        });
    }

    /** Sends these very bytes after having read the request, and keeps the connection open. */
    public static Behaviour rawOpen(String bytes) {
        return afterBody("sends raw bytes and stays", conversation -> conversation.send(bytes));
    }

    /** Sends header lines without end. */
    public static Behaviour endlessHead(String line, int times) {
        return afterBody("sends a head without measure", conversation -> {
            conversation.send("HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < times; i++) {
                conversation.send(line);
            }
            conversation.send("Content-Length: 0\r\n\r\n");
        });
    }

    /** Sends a body in chunks, and trailers behind it. */
    public static Behaviour trailers(String body, String trailers) {
        return afterBody("sends trailers", conversation -> {
            conversation.send(head(200, JSON + "Transfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n"));
            conversation.chunk(body);
            conversation.send("0\r\n" + trailers + "\r\n");
        });
    }

    /** Fails with a status every other time, and answers otherwise. */
    public static Behaviour alternates(Behaviour odd, Behaviour even) {
        AtomicInteger calls = new AtomicInteger();
        return new Behaviour(
                "alternates",
                conversation -> (calls.getAndIncrement() % 2 == 0 ? odd : even).script.play(conversation));
    }

    /** Reads the request and never answers. */
    public static Behaviour hangs() {
        return afterBody("hangs before headers", Conversation::awaitClientGone);
    }

    /** Answers after a while. */
    public static Behaviour delayed(Duration delay, Behaviour then) {
        return afterBody(then.name + " after " + delay, conversation -> {
            conversation.pause(delay);
            then.script.play(conversation);
        });
    }

    /** Answers once the test has opened a gate. */
    public static Behaviour held(CountDownLatch gate, Behaviour then) {
        return afterBody(then.name + " when it may", conversation -> {
            while (gate.getCount() > 0) {
                conversation.pause(Duration.ofMillis(2));
            }
            then.script.play(conversation);
        });
    }

    /** Reads the request and closes before the first byte of an answer. */
    public static Behaviour closesUnanswered() {
        return afterBody("closes before headers", Conversation::close);
    }

    /** Sends a body of stated length one byte at a time. */
    public static Behaviour drips(String body, Duration pace) {
        return afterBody("drips", conversation -> {
            conversation.send(head(200, JSON + "Content-Length: " + utf8(body).length + "\r\n\r\n"));
            for (byte one : utf8(body)) {
                conversation.send(new byte[] {one});
                conversation.pause(pace);
            }
        });
    }

    /** States a longer body than it sends. */
    public static Behaviour statesTooMuch(String body) {
        return raw(head(200, JSON + "Content-Length: " + (body.length() + 10) + "\r\n\r\n" + body));
    }

    /** States a shorter body than it sends. */
    public static Behaviour statesTooLittle(String body) {
        return raw(head(200, JSON + "Content-Length: " + (body.length() - 2) + "\r\n\r\n" + body));
    }

    /** Sends a chunk whose size is no number. */
    public static Behaviour badChunk() {
        return raw(head(200, JSON + "Transfer-Encoding: chunked\r\n\r\n4\r\ngood\r\nZZ\r\nbad\r\n0\r\n\r\n"));
    }

    /** Sends interim answers before the real one. */
    public static Behaviour interim(int status, int times, Behaviour then) {
        return afterBody("sends " + status + " first", conversation -> {
            for (int i = 0; i < times; i++) {
                conversation.send(head(status, "Link: </style.css>; rel=preload\r\n\r\n"));
            }
            then.script.play(conversation);
        });
    }

    /** Answers finally while the request's body is still on its way, and reads none of it. */
    public static Behaviour answersEarly(int status, String body) {
        return new Behaviour("answers " + status + " early", conversation -> {
            conversation.send(
                    head(status, JSON + "Connection: close\r\nContent-Length: " + utf8(body).length + "\r\n\r\n"));
            conversation.send(body);
            conversation.close();
            conversation.leaveUnread(Duration.ofSeconds(3));
        });
    }

    /** Sends as many bytes of a chunked body as the client takes; see {@link UpstreamRequest#sent()}. */
    public static Behaviour floods(long total) {
        return afterBody("floods", conversation -> {
            byte[] piece = new byte[65536];
            conversation.send(
                    head(200, "Content-Type: application/octet-stream\r\nContent-Length: " + total + "\r\n\r\n"));
            for (long sent = 0; sent < total; sent += piece.length) {
                conversation.send(total - sent < piece.length ? new byte[(int) (total - sent)] : piece);
            }
        });
    }

    @Override
    public String toString() {
        return name;
    }
}
