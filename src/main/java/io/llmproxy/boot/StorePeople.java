package io.llmproxy.boot;

import io.llmproxy.access.ApiToken;
import io.llmproxy.access.KeptSession;
import io.llmproxy.access.People;
import io.llmproxy.access.User;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.store.StoreException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Users, tokens and sessions where the configuration is in a store.
 *
 * @param store opens it, or throws
 * @param thread does something where the store is followed
 */
record StorePeople(Supplier<OpenStore> store, Consumer<Runnable> thread) implements People {
    @Override
    public boolean isKept() {
        return true;
    }

    @Override
    public void later(Runnable work) {
        thread.accept(work);
    }

    private <T> T ask(Function<OpenStore, T> question) {
        OpenStore opened = store.get();
        try {
            return question.apply(opened);
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
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
