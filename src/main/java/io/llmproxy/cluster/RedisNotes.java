package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells nodes of each other, through Redis or Valkey, what they need not find out by themselves: which keys of upstreams have used up what
 * they may do, and which upstreams are well. It has a connection and a thread of its own, so that neither a request nor a limit waits for it.
 * While Redis is away, each node knows what it has found out itself; that Redis is away, limits tell.
 */
public final class RedisNotes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisNotes.class);

    /** What one node is told, all others know after twice this time. */
    private static final Duration PERIOD = Duration.ofMillis(400);

    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final long STOP = TimeUnit.SECONDS.toMillis(2);

    private final RedisLink link;
    private final Board board;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "llmproxy-notes");
    private boolean open;
    /** Whether the log says that nothing is shared. */
    private boolean told;

    /** Where a node has what it tells others, and puts what it hears. Used by one thread. */
    public interface Board {
        /** Whether there is anything that nodes might tell each other. */
        boolean isWanted();

        /** Returns what this node has to tell now. */
        Notes toTell();

        /** Takes what all nodes know, this one included; nothing while Redis is away. */
        void heard(Notes all);
    }

    /**
     * Makes one that does nothing yet.
     *
     * @param node tells this process from all others
     */
    public RedisNotes(RedisConfig config, String node, Board board) {
        this.link = new RedisLink(config, node, node);
        this.board = board;
        thread.setDaemon(true);
    }

    /** Begins to tell and to hear. */
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
            if (board.isWanted()) {
                if (!open) {
                    link.open();
                    open = true;
                }
                board.heard(link.exchange(board.toTell()));
            }
            if (told) {
                LOG.info("nodes tell each other again what they know of keys and upstreams");
                told = false;
            }
            return true;
        } catch (StoreAwayException e) {
            if (e.isAnswer() && !e.isReadOnly()) {
                tell(e.reason(), null);
            }
        } catch (RuntimeException e) {
            // Should the thread end, nothing would be told ever again.
            tell("an error", e);
        }
        open = false;
        link.close();
        board.heard(Notes.NONE);
        return false;
    }

    /** That Redis does not answer at all is told by limits. */
    private void tell(String why, @Nullable RuntimeException cause) {
        if (!told) {
            told = true;
            LOG.warn("nodes do not tell each other what they know of keys and upstreams: {}", why, cause);
        }
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
        board.heard(Notes.NONE);
    }
}
