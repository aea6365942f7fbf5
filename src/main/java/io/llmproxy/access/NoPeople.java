package io.llmproxy.access;

import io.llmproxy.audit.AuditNote;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Without a store there are no users: callers show the operators' token, and sessions are in memory. */
public final class NoPeople implements People {
    @Override
    public boolean isKept() {
        return false;
    }

    @Override
    public void later(Runnable work) {
        // There is nothing to wait for.
    }

    @Override
    public List<User> users() {
        return List.of();
    }

    @Override
    public Optional<User.Account> account(String name) {
        return Optional.empty();
    }

    @Override
    public boolean create(User.Account account, AuditNote note) {
        return false;
    }

    @Override
    public Optional<User> change(String name, User.Change change, boolean spare, AuditNote note) {
        return Optional.empty();
    }

    @Override
    public boolean remove(String name, boolean spare, AuditNote note) {
        return false;
    }

    @Override
    public void seen(String name, Instant at) {
        // There are no users.
    }

    @Override
    public List<ApiToken> tokens() {
        return List.of();
    }

    @Override
    public Optional<ApiToken> token(String digest) {
        return Optional.empty();
    }

    @Override
    public boolean create(ApiToken token, String digest, AuditNote note) {
        return false;
    }

    @Override
    public boolean revoke(String id, AuditNote note) {
        return false;
    }

    @Override
    public void used(ApiToken token, Instant at) {
        // There is none.
    }

    @Override
    public void open(KeptSession session) {
        // It stays in memory.
    }

    @Override
    public Optional<KeptSession> session(String digest) {
        return Optional.empty();
    }

    @Override
    public void used(String digest, Instant at) {
        // It is in memory.
    }

    @Override
    public void close(String digest) {
        // It was in memory.
    }
}
