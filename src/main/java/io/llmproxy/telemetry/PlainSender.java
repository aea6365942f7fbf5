package io.llmproxy.telemetry;

import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.Compressor;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.common.export.HttpSender;
import io.opentelemetry.sdk.common.export.HttpSenderConfig;
import io.opentelemetry.sdk.common.export.HttpSenderProvider;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends batches on the thread that makes them, with the client that every Java has. The library's own senders bring a client with threads
 * that outlive the application, or three megabytes of libraries.
 */
public final class PlainSender implements HttpSender {
    private static final int LONGEST_ANSWER = 64 * 1024;

    private final HttpSenderConfig config;
    private final Exports exports;
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
            if (answer.getStatusCode() / 100 == 2) {
                exports.rejected(PartialSuccess.rejected(answer.getResponseBody()));
            }
            answered.accept(answer);
        } catch (IOException | RuntimeException e) {
            failed.accept(e);
        }
    }

    private void write(MessageWriter message, HttpURLConnection connection) throws IOException {
        Compressor compressor = config.getCompressor();
        if (compressor == null) {
            connection.setFixedLengthStreamingMode(message.getContentLength());
        } else {
            connection.setRequestProperty("Content-Encoding", compressor.getEncoding());
        }
        try (OutputStream plain = connection.getOutputStream();
                OutputStream out = compressor == null ? plain : compressor.compress(plain)) {
            message.writeMessage(out);
        }
    }

    private static HttpResponse answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        String said = connection.getResponseMessage();
        @Nullable InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        if (body == null) {
            return new Answer(status, said, new byte[0]);
        }
        try (body) {
            return new Answer(status, said, body.readNBytes(LONGEST_ANSWER));
        }
    }

    /** Breaks off: a thread that waits for an answer listens to nothing else. One that connects ends with its time-out. */
    @Override
    public CompletableResultCode shutdown() {
        closed = true;
        HttpURLConnection connection = current;
        if (connection != null) {
            connection.disconnect();
        }
        return CompletableResultCode.ofSuccess();
    }
}
