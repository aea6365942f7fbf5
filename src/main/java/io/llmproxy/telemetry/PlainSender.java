package io.llmproxy.telemetry;

import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.Compressor;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.common.export.HttpSender;
import io.opentelemetry.sdk.common.export.HttpSenderConfig;
import io.opentelemetry.sdk.common.export.HttpSenderProvider;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends batches on the thread that makes them, with the client that every Java has. The library's own senders bring a client with threads
 * that outlive the application, or three megabytes of libraries.
 */
public final class PlainSender implements HttpSender {
    private static final Logger LOG = LoggerFactory.getLogger(PlainSender.class);
    private static final int LONGEST_ANSWER = 64 * 1024;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final Duration BREAKING_OFF = Duration.ofSeconds(1);
    private static final Duration BETWEEN = Duration.ofMillis(10);

    private final HttpSenderConfig config;
    private final Exports exports;
    private volatile boolean pausing;
    private volatile long pauseEnd;
    private volatile boolean closed;
    private volatile @Nullable HttpURLConnection current;

    private PlainSender(HttpSenderConfig config, Exports exports) {
        this.config = config;
        this.exports = exports;
    }

    /** Finds this sender, whatever else is in the class path. */
    public static final class Loader implements ComponentLoader {
        private final Exports exports;

        /** @param exports is told what the collector rejects of what it has accepted */
        public Loader(Exports exports) {
            this.exports = exports;
        }

        @Override
        public <T> Iterable<T> load(Class<T> type) {
            return type == HttpSenderProvider.class
                    ? List.of(type.cast((HttpSenderProvider) sender -> new PlainSender(sender, exports)))
                    : List.of();
        }
    }

    /** What the collector said. */
    private static final class Answer implements HttpResponse {
        private final int status;
        private final String message;
        private final byte[] body;

        Answer(int status, @Nullable String message, byte[] body) {
            this.status = status;
            this.message = message == null ? "" : message;
            this.body = body;
        }

        @Override
        public int getStatusCode() {
            return status;
        }

        @Override
        public String getStatusMessage() {
            return message;
        }

        @Override
        public byte[] getResponseBody() {
            return body;
        }
    }

    @Override
    public void send(MessageWriter message, Consumer<HttpResponse> answered, Consumer<Throwable> failed) {
        if (pausing && System.nanoTime() - pauseEnd < 0) {
            failed.accept(new IOException("nothing is sent for a while, as the collector has asked for it"));
            return;
        }
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) config.getEndpoint().toURL().openConnection();
            connection.setConnectTimeout((int) config.getConnectTimeout().toMillis());
            connection.setReadTimeout((int) config.getTimeout().toMillis());
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setInstanceFollowRedirects(false);
            config.getHeadersSupplier()
                    .get()
                    .forEach((name, values) -> values.forEach(value -> connection.addRequestProperty(name, value)));
            connection.setRequestProperty("Content-Type", config.getContentType());
            current = connection;
            if (closed) {
                throw new IOException("closed");
            }
            write(message, connection);
            HttpResponse answer = answer(connection);
            pause(answer.getStatusCode(), connection);
            if (answer.getStatusCode() / 100 == 2) {
                exports.rejected(PartialSuccess.rejected(answer.getResponseBody()));
            }
            answered.accept(answer);
        } catch (IOException | RuntimeException e) {
            failed.accept(e);
        } finally {
            current = null;
        }
    }

    /** Who does not know the credential will not know it in a second either, and who has too much to do says for how long. */
    private void pause(int status, HttpURLConnection connection) {
        boolean unknown = status == 401 || status == 403;
        boolean busy = status == 429 || status / 100 == 5;
        long seconds = unknown
                ? LONGEST_PAUSE.toSeconds()
                : busy ? Math.min(connection.getHeaderFieldLong("Retry-After", 0), LONGEST_PAUSE.toSeconds()) : 0;
        pausing = seconds > 0;
        pauseEnd = System.nanoTime() + Duration.ofSeconds(Math.max(0, seconds)).toNanos();
        if (unknown) {
            LOG.warn(
                    "{} refuses our credential ({}): nothing is sent to it for {} s",
                    config.getEndpoint(),
                    status,
                    seconds);
        }
    }

    private void write(MessageWriter message, HttpURLConnection connection) throws IOException {
        Compressor compressor = config.getCompressor();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (OutputStream out = compressor == null ? body : compressor.compress(body)) {
            message.writeMessage(out);
        }
        if (compressor != null) {
            connection.setRequestProperty("Content-Encoding", compressor.getEncoding());
        }
        // Of a request that is streamed Java knows that it must not be repeated; another one it sends twice if the
        // connection dies.
        connection.setFixedLengthStreamingMode(body.size());
        try (OutputStream out = connection.getOutputStream()) {
            body.writeTo(out);
        }
    }

    private HttpResponse answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        String said = connection.getResponseMessage();
        @Nullable InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        if (body == null) {
            return new Answer(status, said, new byte[0]);
        }
        try (body) {
            return new Answer(status, said, read(body));
        }
    }

    /** The connection's limit is for each piece; a collector that sends one byte after the other must come to an end as well. */
    private byte[] read(InputStream body) throws IOException {
        long deadline = System.nanoTime() + config.getTimeout().toNanos();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] piece = new byte[1024];
        int length = body.read(piece);
        while (length >= 0 && read.size() < LONGEST_ANSWER) {
            read.write(piece, 0, Math.min(length, LONGEST_ANSWER - read.size()));
            if (System.nanoTime() - deadline > 0) {
                throw new SocketTimeoutException("the answer takes longer than " + config.getTimeout());
            }
            length = body.read(piece);
        }
        return read.toByteArray();
    }

    /** Breaks off: a thread that waits for an answer listens to nothing else. One that connects ends with its time-out. */
    @Override
    public CompletableResultCode shutdown() {
        closed = true;
        long since = System.nanoTime();
        HttpURLConnection connection = current;
        while (connection != null && System.nanoTime() - since < BREAKING_OFF.toNanos()) {
            // Between a request and its answer, Java connects once more and waits there.
            connection.disconnect();
            LockSupport.parkNanos(BETWEEN.toNanos());
            connection = current;
        }
        return CompletableResultCode.ofSuccess();
    }
}
