package io.llmproxy.alert;

import io.llmproxy.config.WebhookConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
 * quarter of a minute. So many may wait; further ones are dropped. Of an answer only the status counts.
 */
public final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int MOST = 100;
    private static final int TRIES = 5;

    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final long pause;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable WebhookConfig config;

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

    /** Sends to where a configuration says from now on; null for nowhere. */
    public void follow(@Nullable WebhookConfig next) {
        config = next;
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
        WebhookConfig target = config;
        if (target == null) {
            return;
        }
        if (waiting.incrementAndGet() > MOST) {
            ended(dropped);
            return;
        }
        later(() -> attempt(target, json.getBytes(StandardCharsets.UTF_8), 1), 0);
    }

    private void later(Runnable work, long millis) {
        try {
            var unused = thread.schedule(work, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            ended(dropped);
        }
    }

    private void attempt(WebhookConfig target, byte[] body, int tries) {
        String problem;
        try {
            int status = send(target, body);
            if (status / 100 == 2) {
                ended(sent);
                return;
            }
            problem = "status " + status;
        } catch (IOException | RuntimeException e) {
            // Its message may hold the address, which may hold a credential.
            problem = e.getClass().getSimpleName();
        }
        if (tries < TRIES) {
            later(() -> attempt(target, body, tries + 1), pause << (tries - 1));
        } else {
            LOG.warn("a warning was not taken at `webhook`, and is dropped: {}", problem);
            ended(dropped);
        }
    }

    private void ended(AtomicLong counter) {
        waiting.decrementAndGet();
        counter.incrementAndGet();
    }

    private static int send(WebhookConfig target, byte[] body) throws IOException {
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
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        int status = connection.getResponseCode();
        connection.disconnect();
        return status;
    }

    /** What waits is dropped. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
