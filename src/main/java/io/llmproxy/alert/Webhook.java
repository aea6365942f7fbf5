package io.llmproxy.alert;

import io.llmproxy.config.WebhookConfig;
import io.llmproxy.protocol.RetryAfter;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts texts to the address of a configuration, on a thread of its own. What is not taken is sent again, up to four times within about a
 * quarter of a minute, or later if the answer asks for that. So many may wait; further ones are dropped.
 */
public final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final int TOO_MANY = 429;
    private static final int MOST = 100;
    private static final int TRIES = 5;

    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final long pause;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable WebhookConfig config;
    private volatile @Nullable HttpURLConnection current;

    /** Sends nothing yet. */
    public Webhook() {
        this(Duration.ofSeconds(1));
    }

    /** @param pause before the second try; it doubles before each further one */
    Webhook(Duration pause) {
        this.pause = pause.toMillis();
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "llmproxy-webhook");
            made.setDaemon(true);
            return made;
        });
    }

    /** Sends to where a configuration says from now on, also what waits; null for nowhere. */
    public void follow(@Nullable WebhookConfig next) {
        boolean elsewhere = !Objects.equals(config, next);
        config = next;
        if (elsewhere) {
            breakOff();
        }
    }

    /** How many were taken. */
    public long sent() {
        return sent.get();
    }

    /** How many were not, or found no room. */
    public long dropped() {
        return dropped.get();
    }

    /** Sends a JSON object, later. */
    public void post(String json) {
        if (config == null) {
            return;
        }
        if (waiting.incrementAndGet() > MOST) {
            ended(dropped);
            return;
        }
        later(() -> attempt(json.getBytes(StandardCharsets.UTF_8), 1), 0);
    }

    private void later(Runnable work, long millis) {
        try {
            var unused = thread.schedule(work, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            ended(dropped);
        }
    }

    private void attempt(byte[] body, int tries) {
        WebhookConfig target = config;
        if (target == null) {
            ended(dropped);
            return;
        }
        long asked = 0;
        String problem;
        try {
            Reply reply = send(target, body);
            if (reply.status / 100 == 2) {
                ended(sent);
                return;
            }
            asked = reply.pauseMillis;
            problem = "status " + reply.status;
        } catch (IOException | RuntimeException e) {
            // Its message may hold the address, which may hold a credential.
            problem = e.getClass().getSimpleName();
        }
        if (tries < TRIES) {
            later(() -> attempt(body, tries + 1), Math.max(asked, pause << (tries - 1)));
        } else {
            LOG.warn("the webhook did not accept a warning; it is dropped: {}", problem);
            ended(dropped);
        }
    }

    /**
     * What is heard of a text.
     *
     * @param pauseMillis how long not to send again, as is asked for
     */
    private record Reply(int status, long pauseMillis) {
        static Reply of(HttpURLConnection connection) throws IOException {
            int status = connection.getResponseCode();
            long nanos = status == TOO_MANY
                    ? RetryAfter.nanos(connection::getHeaderField, Instant.now())
                            .orElse(0)
                    : 0;
            return new Reply(status, Math.min(TimeUnit.NANOSECONDS.toMillis(nanos), LONGEST_PAUSE.toMillis()));
        }
    }

    private void ended(AtomicLong counter) {
        waiting.decrementAndGet();
        counter.incrementAndGet();
    }

    private Reply send(WebhookConfig target, byte[] body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) target.address().toURL().openConnection();
        connection.setConnectTimeout((int) TIMEOUT.toMillis());
        connection.setReadTimeout((int) TIMEOUT.toMillis());
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setInstanceFollowRedirects(false);
        connection.setFixedLengthStreamingMode(body.length);
        connection.setRequestProperty("Content-Type", "application/json");
        target.headers()
                .forEach(header -> connection.setRequestProperty(
                        header.key(), header.value().reveal()));
        current = connection;
        try (OutputStream out = connection.getOutputStream()) {
            if (thread.isShutdown() || !target.equals(config)) {
                throw new IOException("not to be sent any more");
            }
            out.write(body);
        }
        Reply reply = Reply.of(connection);
        connection.disconnect();
        return reply;
    }

    /** A thread that waits for an answer listens to nothing else. */
    private void breakOff() {
        HttpURLConnection connection = current;
        if (connection != null) {
            connection.disconnect();
        }
    }

    /** What waits is dropped. */
    @Override
    public void close() {
        thread.shutdownNow();
        breakOff();
        try {
            var unused = thread.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
