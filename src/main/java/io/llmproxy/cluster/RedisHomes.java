package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells other nodes, through Redis or Valkey, which upstream keeps what, and asks them. One thread speaks with Redis, on a connection of its
 * own: what is asked comes first, as requests wait for it. While Redis is away nothing is asked. When it is back, all that is known is told,
 * little by little; so it is if Redis has lost its data, and once a day, so that what is in use stays there.
 *
 * @param <K> what is known of one thing
 */
public final class RedisHomes<K> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisHomes.class);

    /** What is said in one call. Redis does nothing else meanwhile. */
    static final int MOST_AT_ONCE = 50;

    /** What may wait to be said. */
    private static final int MOST_WAITING = 10_000;

    /** A request waits no longer than that, whatever the call before it takes. */
    private static final Duration LONGEST = Duration.ofMillis(60);

    private static final long LOOK = TimeUnit.SECONDS.toNanos(1);
    private static final long FIRST_PROBE = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long AGAIN = TimeUnit.MINUTES.toNanos(1);
    private static final long REPEAT = TimeUnit.DAYS.toNanos(1);

    /** What need not be told at once takes at most a part of the time, and less if Redis is busy. */
    private static final int PAUSES = 20;

    private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long STOP = TimeUnit.SECONDS.toMillis(2);

    private final RedisLink link;
    private final HomeEntries entries;
    private final Board<K> board;
    private final HomeCounts counts;
    private final Duration timeout;
    private final BlockingQueue<Question> asked = new LinkedBlockingQueue<>(MOST_WAITING);
    private final BlockingQueue<News<K>> news = new LinkedBlockingQueue<>(MOST_WAITING);
    /** That there is something to say. */
    private final Semaphore due = new Semaphore(0);

    private final CountDownLatch tried = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "llmproxy-resources");
    private volatile boolean there;
    private volatile boolean closed;
    private volatile boolean missed;
    private String born = "";
    private @Nullable Iterator<Map.Entry<String, K>> rest;
    private long nextProbe;
    private long nextLook;
    private long nextRest;
    /** Whether the log says that nothing is shared. */
    private boolean told;

    private boolean toldForeign;

    /** Where a node has what it knows. Used by one thread. */
    public interface Board<K> {
        /** All that is known. */
        Iterator<Map.Entry<String, K>> known();

        /** Returns what is written down of it for other nodes. */
        String text(K known);

        /**
         * Takes what another node has written.
         *
         * @throws IllegalArgumentException if no node writes such a text
         */
        void heard(String id, String text);
    }

    private record Question(List<String> ids, CompletableFuture<Void> answer, long since) {}

    private record News<K>(String id, K known) {}

    /**
     * Makes one that does nothing yet.
     *
     * @param counts what is counted, also after this one was closed
     */
    public RedisHomes(RedisConfig config, Board<K> board, HomeCounts counts) {
        this.link = new RedisLink(config, "", "");
        this.entries = new HomeEntries(link);
        this.timeout = config.timeout();
        this.board = board;
        this.counts = counts;
        thread.setDaemon(true);
    }

    /** Begins. */
    public void start() {
        nextProbe = System.nanoTime();
        thread.start();
    }

    /** Waits until it is known whether Redis answers, but no longer than that. */
    public void awaitTried(Duration longest) {
        try {
            boolean unused = tried.await(longest.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells other nodes what this one has learned. Returns at once. */
    public void tell(String id, K known) {
        if (!there) {
            // All is told when Redis is back.
            return;
        }
        if (news.offer(new News<>(id, known))) {
            due.release();
        } else {
            missed = true;
            counts.drop();
        }
    }

    /**
     * Asks other nodes what they know.
     *
     * @return complete when that is on the board, or is not known in time; null if they cannot be asked
     */
    public @Nullable CompletableFuture<Void> ask(List<String> ids) {
        Question question = new Question(ids, new CompletableFuture<>(), System.nanoTime());
        if (!there || !asked.offer(question)) {
            counts.unanswered(ids.size());
            return null;
        }
        due.release();
        return question.answer;
    }

    private void run() {
        try {
            while (!closed) {
                turn();
            }
            tellNews();
        } catch (InterruptedException | StoreAwayException | RuntimeException e) {
            // It was to end anyway.
        } finally {
            there = false;
            leaveUnanswered();
            link.close();
        }
    }

    private void turn() throws InterruptedException {
        boolean unused = due.tryAcquire(Math.max(1, untilNext()), TimeUnit.NANOSECONDS);
        due.drainPermits();
        try {
            if (!there) {
                news.clear();
                leaveUnanswered();
                probe();
            } else {
                answerAll();
                tellNews();
                tellRest();
                look();
            }
        } catch (StoreAwayException e) {
            away();
            if (e.isAnswer() && !e.isReadOnly()) {
                complain(e.reason(), null);
            }
        } catch (RuntimeException e) {
            // Should the thread end, nothing would be told ever again.
            away();
            complain("an error", e);
        }
        tried.countDown();
    }

    private long untilNext() {
        long next = !there ? nextProbe : rest != null && nextRest - nextLook < 0 ? nextRest : nextLook;
        return next - System.nanoTime();
    }

    private void probe() throws StoreAwayException {
        if (System.nanoTime() - nextProbe < 0) {
            return;
        }
        nextProbe = System.nanoTime() + LOOK;
        link.open();
        HomeEntries.Answer answer = entries.say(List.of(), List.of());
        // What is learned from now on is told by itself.
        there = true;
        begin(answer.born());
    }

    /** All that is known is to be told. */
    private void begin(String since) {
        born = since;
        missed = false;
        rest = board.known();
        nextRest = System.nanoTime();
        nextLook = System.nanoTime() + LOOK;
    }

    private void away() {
        nextProbe = System.nanoTime() + (there ? FIRST_PROBE : LOOK);
        there = false;
        rest = null;
        link.close();
        leaveUnanswered();
    }

    private void leaveUnanswered() {
        for (Question question = asked.poll(); question != null; question = asked.poll()) {
            leaveUnanswered(question);
        }
    }

    private void leaveUnanswered(Question question) {
        counts.unanswered(question.ids.size());
        question.answer.complete(null);
    }

    private void answerAll() throws StoreAwayException {
        for (Question question = asked.poll(); question != null; question = asked.poll()) {
            List<Question> together = new ArrayList<>(List.of(question));
            int ids = question.ids.size();
            for (Question next = asked.peek();
                    next != null && ids + next.ids.size() <= MOST_AT_ONCE;
                    next = asked.peek()) {
                together.add(asked.remove());
                ids += next.ids.size();
            }
            together.removeIf(this::isLate);
            try {
                answer(together.stream().flatMap(each -> each.ids.stream()).toList());
                together.forEach(each -> each.answer.complete(null));
            } catch (StoreAwayException | RuntimeException e) {
                together.forEach(this::leaveUnanswered);
                throw e;
            }
        }
    }

    /** What cannot be answered in time is not asked. */
    private boolean isLate(Question question) {
        boolean late = System.nanoTime() - question.since + timeout.toNanos() > LONGEST.toNanos();
        if (late) {
            leaveUnanswered(question);
        }
        return late;
    }

    private void answer(List<String> ids) throws StoreAwayException {
        for (int from = 0; from < ids.size(); from += MOST_AT_ONCE) {
            List<String> some = ids.subList(from, Math.min(ids.size(), from + MOST_AT_ONCE));
            List<String> known = say(some, Collections.nCopies(some.size(), ""));
            for (int i = 0; i < some.size(); i++) {
                counts.answered(hear(some.get(i), known.get(i)));
            }
        }
    }

    /** Returns whether anything is known. */
    private boolean hear(String id, String text) {
        if (text.isEmpty()) {
            return false;
        }
        try {
            if (!text.equals(HomeEntries.FOREIGN)) {
                board.heard(id, text);
                return true;
            }
        } catch (IllegalArgumentException e) {
            LOG.debug("this is in Redis: {}", text, e);
        }
        if (!toldForeign) {
            toldForeign = true;
            LOG.warn(
                    "Redis at {} has entries under its keys for resources that no node has written; they are ignored",
                    link.name());
        }
        return false;
    }

    private void tellNews() throws StoreAwayException {
        while (there && !news.isEmpty()) {
            List<News<K>> some = new ArrayList<>();
            news.drainTo(some, MOST_AT_ONCE);
            tell(some);
            answerAll();
        }
        if (missed && rest == null) {
            begin(born);
        }
    }

    /** Goes on with what need not be told at once. */
    private void tellRest() throws StoreAwayException {
        long now = System.nanoTime();
        if (now - nextRest < 0) {
            return;
        }
        Iterator<Map.Entry<String, K>> telling = rest == null ? board.known() : rest;
        rest = telling;
        List<News<K>> some = new ArrayList<>();
        while (some.size() < MOST_AT_ONCE && telling.hasNext()) {
            Map.Entry<String, K> known = telling.next();
            some.add(new News<>(known.getKey(), known.getValue()));
        }
        if (!some.isEmpty()) {
            tell(some);
        }
        if (rest == telling) {
            long end = System.nanoTime();
            rest = telling.hasNext() ? telling : null;
            nextRest = rest == null ? end + REPEAT : end + Math.max(SHORTEST_PAUSE, PAUSES * (end - now));
        }
    }

    private void tell(List<News<K>> some) throws StoreAwayException {
        List<String> ids = some.stream().map(News::id).toList();
        List<String> texts = some.stream().map(each -> board.text(each.known)).toList();
        List<String> known;
        try {
            known = say(ids, texts);
        } catch (StoreAwayException e) {
            if (!e.isRefusal()) {
                throw e;
            }
            // As when its memory is full. It may still be asked.
            complain(e.reason(), null);
            rest = null;
            nextRest = System.nanoTime() + AGAIN;
            return;
        }
        for (int i = 0; i < ids.size(); i++) {
            hear(ids.get(i), known.get(i));
        }
        counts.told(ids.size());
        if (told) {
            told = false;
            LOG.info("nodes tell each other again which upstream keeps what");
        }
    }

    private List<String> say(List<String> ids, List<String> texts) throws StoreAwayException {
        HomeEntries.Answer answer = entries.say(ids, texts);
        nextLook = System.nanoTime() + LOOK;
        if (!answer.born().equals(born)) {
            // It has lost what it knew.
            begin(answer.born());
        }
        return answer.known();
    }

    /** Whether Redis is there is known before a request has to wait for it. */
    private void look() throws StoreAwayException {
        if (System.nanoTime() - nextLook >= 0) {
            say(List.of(), List.of());
        }
    }

    /** That Redis does not answer at all is told by limits. */
    private void complain(String why, @Nullable RuntimeException cause) {
        if (!told) {
            told = true;
            LOG.warn("nodes do not tell each other which upstream keeps what: {}", why, cause);
        }
    }

    /** Tells what is still to be told, and ends. What is under way is not waited for for long. */
    @Override
    public void close() {
        closed = true;
        due.release();
        try {
            thread.join(STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
