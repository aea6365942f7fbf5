package io.llmproxy.boot;

import io.llmproxy.access.ApiToken;
import io.llmproxy.access.KeptSession;
import io.llmproxy.access.People;
import io.llmproxy.access.User;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.store.StoreException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Users, tokens and sessions where the configuration is in a store.
 *
 * @param store opens it, or throws
 * @param thread does something where the store is followed
 * @param away whether it is known that the store does not answer: then no call waits for it again
 * @param asking how many may wait at a time
 */
record StorePeople(Supplier<OpenStore> store, Consumer<Runnable> thread, BooleanSupplier away, Semaphore asking)
        implements People {
    /** Fewer than the threads that serve operators: health and metrics are answered while the store hangs. */
    static final int MOST_ASKING = 8;

    private static final int PATIENCE_SECONDS = 2;

    @Override
    public boolean isKept() {
        return true;
    }

    @Override
    public void later(Runnable work) {
        thread.accept(work);
    }

    private <T> T ask(Function<OpenStore, T> question) {
        if (away.getAsBoolean() || !tryAsking()) {
            throw new UnavailableException(Unavailable.AWAY, "The store does not answer; try again later.");
        }
        try {
            return question.apply(store.get());
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        } finally {
            asking.release();
        }
    }

    private boolean tryAsking() {
        try {
            return asking.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void tell(Consumer<OpenStore> what) {
        ask(opened -> {
            what.accept(opened);
            return true;
        });
    }

    @Override
    public List<User> users() {
        return ask(opened -> opened.users().all());
    }

    @Override
    public Optional<User.Account> account(String name) {
        return ask(opened -> opened.users().account(name));
    }

    @Override
    public boolean create(User.Account account, AuditNote note) {
        return ask(opened -> opened.users().create(account, note));
    }

    @Override
    public Optional<User> change(String name, User.Change change, boolean spare, AuditNote note) {
        return ask(opened -> opened.users().change(name, change, spare, note));
    }

    @Override
    public boolean remove(String name, boolean spare, AuditNote note) {
        return ask(opened -> opened.users().remove(name, spare, note));
    }

    @Override
    public void seen(String name, Instant at) {
        tell(opened -> opened.users().seen(name, at));
    }

    @Override
    public List<ApiToken> tokens() {
        return ask(opened -> opened.tokens().all());
    }

    @Override
    public Optional<ApiToken> token(String digest) {
        return ask(opened -> opened.tokens().find(digest));
    }

    @Override
    public boolean create(ApiToken token, String digest, AuditNote note) {
        return ask(opened -> opened.tokens().create(token, digest, note));
    }

    @Override
    public boolean revoke(String id, AuditNote note) {
        return ask(opened -> opened.tokens().revoke(id, note));
    }

    @Override
    public void used(ApiToken token, Instant at) {
        tell(opened -> opened.tokens().used(token.id(), at));
    }

    @Override
    public void open(KeptSession session) {
        tell(opened -> opened.sessions().open(session));
    }

    @Override
    public Optional<KeptSession> session(String digest) {
        return ask(opened -> opened.sessions().find(digest));
    }

    @Override
    public void used(String digest, Instant at) {
        tell(opened -> opened.sessions().used(digest, at));
    }

    @Override
    public void close(String digest) {
        tell(opened -> opened.sessions().close(digest));
    }
}
