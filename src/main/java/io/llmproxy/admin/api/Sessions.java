package io.llmproxy.admin.api;

import io.llmproxy.access.Digest;
import io.llmproxy.access.KeptSession;
import io.llmproxy.access.People;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who has signed in with a browser, by digests of the sessions' names. Where there is a store, all nodes know them, each looks again after
 * 15 seconds, and what it knows is good enough while the store is away. Else they end with the process. A session that the operators'
 * token or an identity provider has opened ends when that is replaced.
 */
final class Sessions {
    static final Duration IDLE = Duration.ofMinutes(30);
    static final Duration LIFE = Duration.ofHours(12);

    /** So long a node believes what the store has said. */
    static final Duration FRESH = Duration.ofSeconds(15);

    /** So often the store is told of use. */
    private static final Duration TOLD = Duration.ofMinutes(1);

    private static final int MOST = 1000;
    private static final int ID_BYTES = 32;

    private final Supplier<Instant> clock;
    private final People people;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Session> open = new ConcurrentHashMap<>();
    private final ReentrantLock opening = new ReentrantLock();

    /**
     * @param clock tells the time
     * @param people where sessions are kept
     */
    Sessions(Supplier<Instant> clock, People people) {
        this.clock = clock;
        this.people = people;
    }

    /** What opens sessions at the moment. */
    interface Openers {
        /**
         * What has to be the same for a session to go on.
         *
         * @param authentication how the one who has opened it was known
         * @return null if such sessions depend on nothing
         */
        @Nullable String of(String authentication);
    }

    /** One who has signed in. */
    static final class Session {
        private final String digest;
        private final @Nullable String opener;
        private final boolean kept;
        private final Instant ends;
        private volatile Caller caller;
        private volatile Instant used;
        private volatile Instant told;
        private volatile Instant looked;

        private Session(
                String digest,
                Caller caller,
                @Nullable String opener,
                boolean kept,
                Instant used,
                Instant ends,
                Instant looked) {
            this.digest = digest;
            this.caller = caller;
            this.opener = opener;
            this.kept = kept;
            this.used = used;
            this.told = used;
            this.ends = ends;
            this.looked = looked;
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

        private boolean isStale(Instant now) {
            return kept && !now.isBefore(looked.plus(FRESH));
        }
    }

    /**
     * Opens a session.
     *
     * @param opener what opens it and has to stay in force, as {@link Openers} tells it; null for nothing
     * @return its name, which only the browser knows
     */
    String open(Caller caller, @Nullable String opener) {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        String name = Base64.getUrlEncoder().withoutPadding().encodeToString(id);
        String key = Digest.of(name);
        String shown = opener == null ? null : Digest.of(opener);
        Instant now = clock.get();
        Instant ends = now.plus(LIFE);
        boolean kept = people.isKept()
                && isKept(new KeptSession(
                        key, caller.name(), caller.role(), caller.scope(), caller.authentication(), shown, now, ends));
        put(new Session(key, caller, shown, kept, now, ends, now), now);
        return name;
    }

    /** While the store is away, one who knows the operators' token has a session on this node alone. */
    private boolean isKept(KeptSession session) {
        try {
            people.open(session);
            return true;
        } catch (UnavailableException e) {
            if (e.reason() == Unavailable.INVALID) {
                throw e;
            }
            return false;
        }
    }

    private void put(Session session, Instant now) {
        opening.lock();
        try {
            makeRoom(now);
            open.put(session.digest, session);
        } finally {
            opening.unlock();
        }
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
     * Finds a session, which counts as its use. May wait for the store.
     *
     * @param name what the browser showed
     * @param openers what is in force
     * @return the session; null if there is none, or it is over
     */
    @Nullable Session use(String name, Openers openers) {
        String key = Digest.of(name);
        Instant now = clock.get();
        Session known = open.get(key);
        if (people.isKept() && (known == null || known.isStale(now))) {
            look(key);
        }
        Session found = valid(key, openers);
        if (found != null) {
            found.used = now;
            if (found.kept && !now.isBefore(found.told.plus(TOLD))) {
                tell(found, now);
            }
        }
        return found;
    }

    private void tell(Session session, Instant now) {
        try {
            people.used(session.digest, now);
            session.told = now;
        } catch (UnavailableException e) {
            // This node knows of the use; the store is told of the next one.
            return;
        }
    }

    /** Finds a session as {@link #use} does, without using it, and without waiting: what the store says counts the next time. */
    @Nullable Session find(String name, Openers openers) {
        String key = Digest.of(name);
        Session known = open.get(key);
        Instant now = clock.get();
        if (known != null && known.isStale(now)) {
            known.looked = now;
            people.later(() -> look(key));
        }
        return valid(key, openers);
    }

    private @Nullable Session valid(String key, Openers openers) {
        Session session = open.get(key);
        if (session == null) {
            return null;
        }
        String current = openers.of(session.caller.authentication());
        boolean replaced = !Objects.equals(session.opener, current == null ? null : Digest.of(current));
        if (session.isOver(clock.get()) || replaced) {
            open.remove(key);
            return null;
        }
        return session;
    }

    /** Takes over what the store says of a session. */
    private void look(String key) {
        Optional<KeptSession> said;
        try {
            said = people.session(key);
        } catch (UnavailableException e) {
            // What is known here is good enough.
            return;
        }
        Instant now = clock.get();
        Session known = open.get(key);
        if (said.isEmpty()) {
            if (known != null && known.kept) {
                open.remove(key);
            }
            return;
        }
        KeptSession kept = said.get();
        Caller caller = new Caller(kept.name(), kept.role(), kept.scope(), kept.authentication());
        if (known == null) {
            put(new Session(key, caller, kept.opener(), true, kept.usedAt(), kept.endsAt(), now), now);
        } else {
            known.caller = caller;
            known.looked = now;
            if (kept.usedAt().isAfter(known.used)) {
                known.used = kept.usedAt();
            }
        }
    }

    /** Looks again at once what the store says of a user's sessions. */
    void doubt(String user) {
        open.values().removeIf(session -> session.kept && session.caller.name().equals(user));
    }

    /** Ends a session. */
    void close(String name) {
        String key = Digest.of(name);
        open.remove(key);
        if (people.isKept()) {
            people.close(key);
        }
    }
}
