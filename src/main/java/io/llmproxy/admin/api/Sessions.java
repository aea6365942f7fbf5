package io.llmproxy.admin.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who has signed in with a browser. Sessions are in memory only, and only digests of their names: they end with the process. A session
 * belongs to the token that it was opened with, and ends when that is replaced.
 */
final class Sessions {
    static final Duration IDLE = Duration.ofMinutes(30);
    static final Duration LIFE = Duration.ofHours(12);

    private static final int MOST = 1000;
    private static final int ID_BYTES = 32;

    private final Supplier<Instant> clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Session> open = new ConcurrentHashMap<>();
    private final ReentrantLock opening = new ReentrantLock();

    /** @param clock tells the time */
    Sessions(Supplier<Instant> clock) {
        this.clock = clock;
    }

    /** One who has signed in. */
    static final class Session {
        private final Caller caller;
        private final String token;
        private final Instant ends;
        private volatile Instant used;

        private Session(Caller caller, String token, Instant now) {
            this.caller = caller;
            this.token = token;
            this.ends = now.plus(LIFE);
            this.used = now;
        }

        Caller caller() {
            return caller;
        }

        /** When it ends in any case. */
        Instant ends() {
            return ends;
        }

        /** When it ends unless it is used before. */
        Instant idleUntil() {
            Instant idle = used.plus(IDLE);
            return idle.isBefore(ends) ? idle : ends;
        }

        private boolean isOver(Instant now) {
            return !now.isBefore(idleUntil());
        }
    }

    /**
     * Opens a session.
     *
     * @param token that was shown for it
     * @return its name, which only the browser knows
     */
    String open(Caller caller, String token) {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        String name = Base64.getUrlEncoder().withoutPadding().encodeToString(id);
        Instant now = clock.get();
        opening.lock();
        try {
            makeRoom(now);
            open.put(digest(name), new Session(caller, digest(token), now));
        } finally {
            opening.unlock();
        }
        return name;
    }

    private void makeRoom(Instant now) {
        if (open.size() >= MOST) {
            open.values().removeIf(session -> session.isOver(now));
        }
        if (open.size() >= MOST) {
            open.entrySet().stream()
                    .min(Comparator.comparing(entry -> entry.getValue().used))
                    .map(Map.Entry::getKey)
                    .ifPresent(open::remove);
        }
    }

    /**
     * Finds a session, which counts as its use.
     *
     * @param name what the browser showed
     * @param token the token that is in force
     * @return the session; null if there is none, or it is over
     */
    @Nullable Session use(String name, String token) {
        Session found = find(name, token);
        if (found != null) {
            found.used = clock.get();
        }
        return found;
    }

    /** Finds a session as {@link #use} does, without using it. */
    @Nullable Session find(String name, String token) {
        String key = digest(name);
        Session session = open.get(key);
        if (session == null) {
            return null;
        }
        if (session.isOver(clock.get()) || !session.token.equals(digest(token))) {
            open.remove(key);
            return null;
        }
        return session;
    }

    /** Ends a session. */
    void close(String name) {
        open.remove(digest(name));
    }

    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
