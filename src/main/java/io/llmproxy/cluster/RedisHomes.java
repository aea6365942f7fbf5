package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
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

    /** A request that names few things waits no longer than that, whatever the call before it takes. */
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(60);

    /** It waits so much longer for each further call that what it names takes. */
    private static final long EACH = TimeUnit.MILLISECONDS.toNanos(10);

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
    /** What takes several calls, between which others take their turn. */
    private final Queue<Question> large = new ArrayDeque<>();

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
    private long nextMaster;
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

    /** Used by one thread, once it was asked. */
    private static final class Question {
        private final List<String> ids;
        private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
        private final long end;
        private int done;

        Question(List<String> ids) {
            this.ids = ids;
            this.end = System.nanoTime() + LONGEST + EACH * ((ids.size() - 1) / MOST_AT_ONCE);
        }

        boolean isLarge() {
            return ids.size() > MOST_AT_ONCE;
        }

        int left() {
            return ids.size() - done;
        }

        /** What is to be asked next. */
        List<String> part() {
            return ids.subList(done, done + Math.min(left(), MOST_AT_ONCE));
        }
    }

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
        nextMaster = nextProbe;
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
     * @return complete with true when that is on the board, or Redis has turned out to be away; with false if Redis is there, and not all was
     *     asked in time; null if Redis is away
     */
    public @Nullable CompletableFuture<Boolean> ask(List<String> ids) {
        if (!there) {
            counts.unanswered(ids.size());
            return null;
        }
        Question question = new Question(ids);
        if (asked.offer(question)) {
            due.release();
        } else {
            leave(question, false);
        }
        return question.answer;
    }

    /** Whether Redis answers, as far as is known. */
    public boolean isThere() {
        return there;
    }

    private void run() {
        try {
            while (!closed) {
                turn();
            }
            if (there) {
                answerAll();
                tellNews();
            }
        } catch (InterruptedException | StoreAwayException | RuntimeException e) {
            // It was to end anyway.
        } finally {
            there = false;
            leaveAll(false);
            link.close();
        }
    }

    private void turn() throws InterruptedException {
        boolean unused = due.tryAcquire(Math.max(1, untilNext()), TimeUnit.NANOSECONDS);
        due.drainPermits();
        try {
            if (!there) {
                news.clear();
                leaveAll(true);
                probe();
            } else {
                answerAll();
                tellNews();
                tellRest();
                look();
            }
        } catch (StoreAwayException e) {
            boolean was = there;
            away();
            // A replica has a master, which may be found.
            if (e.isAnswer() && !(e.isReadOnly() && (was || link.mayMove()))) {
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
        link.forgetMove();
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
        leaveAll(true);
    }

    private void leaveAll(boolean away) {
        for (Question question = asked.poll(); question != null; question = asked.poll()) {
            leave(question, away);
        }
        for (Question question = large.poll(); question != null; question = large.poll()) {
            leave(question, away);
        }
    }

    private void leave(Question question, boolean away) {
        counts.unanswered(question.left());
        question.answer.complete(away);
    }

    private void answerAll() throws StoreAwayException {
        while (!asked.isEmpty() || !large.isEmpty()) {
            answerSmall();
            Question next = large.poll();
            if (next != null) {
                answer(List.of(next));
            }
        }
    }

    private void answerSmall() throws StoreAwayException {
        List<Question> together = new ArrayList<>();
        int ids = 0;
        for (Question next = asked.peek();
                next != null && (next.isLarge() || ids + next.ids.size() <= MOST_AT_ONCE);
                next = asked.peek()) {
            asked.remove();
            if (next.isLarge()) {
                large.add(next);
            } else {
                together.add(next);
                ids += next.ids.size();
            }
        }
        answer(together);
    }

    /** Asks in one call. */
    private void answer(List<Question> questions) throws StoreAwayException {
        List<Question> inTime = new ArrayList<>(questions);
        inTime.removeIf(this::isLate);
        List<String> ids =
                inTime.stream().flatMap(question -> question.part().stream()).toList();
        try {
            List<String> known = ids.isEmpty() ? List.of() : say(ids, Collections.nCopies(ids.size(), ""));
            for (int i = 0; i < ids.size(); i++) {
                counts.answered(hear(ids.get(i), known.get(i)));
            }
        } catch (StoreAwayException | RuntimeException e) {
            inTime.forEach(question -> leave(question, true));
            throw e;
        }
        inTime.forEach(this::goOn);
    }

    private void goOn(Question question) {
        question.done += question.part().size();
        if (question.left() == 0) {
            question.answer.complete(true);
        } else {
            large.add(question);
        }
    }

    /** What cannot be answered in time is not asked. */
    private boolean isLate(Question question) {
        boolean late = System.nanoTime() + timeout.toNanos() - question.end > 0;
        if (late) {
            leave(question, false);
        }
        return late;
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
            if (!e.isRefusal() && !(e.isReadOnly() && staysReadOnly())) {
                throw e;
            }
            // As when its memory is full, or it is a replica. It may still be asked.
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
            LOG.info("Redis takes entries again: nodes tell each other which upstream has which resource");
        }
    }

    /** Whether it is no use to connect again to a replica: where others say who the master is, they may; else its name may, once a minute. */
    private boolean staysReadOnly() {
        long now = System.nanoTime();
        if (link.mayMove() || now - nextMaster >= 0) {
            nextMaster = now + AGAIN;
            return false;
        }
        return true;
    }

    private List<String> say(List<String> ids, List<String> texts) throws StoreAwayException {
        HomeEntries.Answer answer = entries.say(ids, texts);
        nextLook = System.nanoTime() + LOOK;
        if (link.hasMoved() || !answer.born().equals(born)) {
            // It has lost what it knew, or is another server, which may not have been told the last of it.
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
