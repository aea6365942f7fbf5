package io.llmproxy.admin.oidc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.tls.Pem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Calls of a provider. Each ends within a few seconds and before its deadline, however slowly it is answered, reads so much and no more,
 * and is sent to the address that was asked for alone: no redirect is followed.
 */
final class ProviderCalls {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final int MOST_BYTES = 512 * 1024;
    private static final ObjectMapper JSON = new JsonMapper(JsonFactory.builder()
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
            .build());

    private final ScheduledExecutorService clock;
    private final Duration patience;
    private final @Nullable SSLSocketFactory sockets;

    /**
     * @param clock breaks calls off
     * @param patience how long one may take
     * @param authorities those that sign certificates; null for Java's own
     */
    ProviderCalls(ScheduledExecutorService clock, Duration patience, @Nullable Path authorities) {
        this.clock = clock;
        this.patience = patience;
        this.sockets = authorities == null ? null : trusting(authorities);
    }

    /**
     * An answer.
     *
     * @param status its status
     * @param body its body, as it is
     */
    record Reply(int status, String body) {
        /** Whether it may be another one a little later. */
        boolean isAway() {
            return status >= 500 || status == 429;
        }

        @Override
        public String toString() {
            return "status " + status;
        }
    }

    /** Asks for something. */
    Reply get(URI address, Map<String, String> headers, Deadline deadline) throws ProviderException {
        return call(address, "GET", headers, null, deadline);
    }

    /** Sends a form. */
    Reply post(URI address, Map<String, String> headers, Map<String, String> form, Deadline deadline)
            throws ProviderException {
        return call(address, "POST", headers, encoded(form), deadline);
    }

    /** A form as it is sent. */
    static String encoded(Map<String, String> form) {
        return form.entrySet().stream()
                .map(field -> encoded(field.getKey()) + '=' + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Reads an answer as a JSON object. */
    static ObjectNode object(URI address, Reply reply) throws ProviderException {
        try {
            if (JSON.readTree(reply.body()) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw ProviderException.wrong(shown(address) + " answers " + reply + " and no JSON");
        }
        throw ProviderException.wrong(shown(address) + " answers " + reply + " and no JSON object");
    }

    /** An address without what may be secret. */
    static String shown(URI address) {
        return address.getScheme() + "://" + address.getRawAuthority() + address.getRawPath();
    }

    private Reply call(
            URI address, String method, Map<String, String> headers, @Nullable String form, Deadline deadline)
            throws ProviderException {
        // To HttpURLConnection, nothing is for ever.
        long millis = deadline.within(patience).toMillis();
        if (millis == 0) {
            throw new ProviderException(
                    ProviderException.Kind.AWAY, shown(address) + " cannot be asked: the answers before took too long");
        }
        HttpURLConnection connection = open(address, (int) millis);
        long since = System.nanoTime();
        Future<?> end = clock.schedule(() -> breakOff(connection), millis, TimeUnit.MILLISECONDS);
        try {
            connection.setRequestMethod(method);
            headers.forEach(connection::setRequestProperty);
            if (form != null) {
                send(connection, form.getBytes(StandardCharsets.UTF_8));
            }
            int status = connection.getResponseCode();
            return new Reply(status, body(connection, address, status, since + TimeUnit.MILLISECONDS.toNanos(millis)));
        } catch (IOException | RuntimeException e) {
            // Other messages may hold what was sent.
            String why = end.isDone() || e instanceof SocketTimeoutException
                    ? "no answer in time"
                    : e.getClass().getSimpleName();
            throw new ProviderException(ProviderException.Kind.AWAY, shown(address) + " cannot be asked: " + why);
        } finally {
            end.cancel(false);
            connection.disconnect();
        }
    }

    /** It may wait for the one who reads, and others need the clock. */
    private static void breakOff(HttpURLConnection connection) {
        Thread thread = new Thread(connection::disconnect, "llmproxy-oidc-end");
        thread.setDaemon(true);
        thread.start();
    }

    private HttpURLConnection open(URI address, int millis) throws ProviderException {
        try {
            HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
            connection.setConnectTimeout((int) Math.min(CONNECT.toMillis(), millis));
            connection.setReadTimeout(millis);
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setRequestProperty("Accept", "application/json");
            if (sockets != null && connection instanceof HttpsURLConnection secured) {
                secured.setSSLSocketFactory(sockets);
            }
            return connection;
        } catch (IOException | IllegalArgumentException e) {
            throw ProviderException.wrong(shown(address) + " is no address");
        }
    }

    private static void send(HttpURLConnection connection, byte[] form) throws IOException {
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(form.length);
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        try (OutputStream out = connection.getOutputStream()) {
            out.write(form);
        }
    }

    private static String body(HttpURLConnection connection, URI address, int status, long end)
            throws IOException, ProviderException {
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (in == null) {
                return "";
            }
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            byte[] piece = new byte[8192];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                body.write(piece, 0, read);
                if (body.size() > MOST_BYTES) {
                    throw ProviderException.wrong(shown(address) + " answers more than " + MOST_BYTES + " bytes");
                }
                // Each read may take as long as a whole call.
                if (System.nanoTime() - end > 0) {
                    throw new SocketTimeoutException();
                }
            }
            return body.toString(StandardCharsets.UTF_8);
        }
    }

    private static SSLSocketFactory trusting(Path authorities) {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(Pem.trustStore(authorities));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }
}
