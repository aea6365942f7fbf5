package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells nodes of each other, through Redis or Valkey, which keys of upstreams have used up what they may do: what a provider has told one
 * node, the others need not be told by a refusal. It has a connection and a thread of its own, so that neither a request nor a limit waits
 * for it. While Redis is away, each node knows what it was told itself; that Redis is away, limits tell.
 */
public final class RedisCooldowns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisCooldowns.class);

    /** What one node is told, all others know after twice this time. */
    private static final Duration PERIOD = Duration.ofMillis(400);

    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final long STOP = TimeUnit.SECONDS.toMillis(2);

    private final RedisLink link;
    private final Keys keys;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "llmproxy-cooldowns");
    private boolean open;

    /** The keys of upstreams, by what all nodes call them. */
    public interface Keys {
        /** Whether there are any. */
        boolean areThere();

        /** Returns which cool down, as providers have told this node, and for how many milliseconds. */
        Map<String, Long> cooling();

        /** Providers have told that these cool down, this node or others. */
        void cool(Map<String, Long> all);
    }

    /** Makes one that does nothing yet. */
    public RedisCooldowns(RedisConfig config, Keys keys) {
        this.link = new RedisLink(config, "", "");
        this.keys = keys;
        thread.setDaemon(true);
    }

    /** Begins to tell and to ask. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            Duration pause = PERIOD;
            while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                pause = turn() ? PERIOD : AWAY;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            link.close();
        }
    }

    private boolean turn() {
        try {
            if (keys.areThere()) {
                if (!open) {
                    link.open();
                    open = true;
                }
                keys.cool(link.coolDown(keys.cooling()));
            }
            return true;
        } catch (StoreAwayException e) {
            LOG.debug("cool-downs are not shared: {}", e.reason());
        } catch (RuntimeException e) {
            // Should the thread end, nothing would be told ever again.
            LOG.error("cool-downs could not be shared", e);
        }
        open = false;
        link.close();
        return false;
    }

    /** Ends. What is under way is not waited for for long. */
    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join(STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
