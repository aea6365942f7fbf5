package io.llmproxy.boot;

import io.llmproxy.access.Mandate;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.LiteralSecrets;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.Head;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The configuration where it is in a store. */
record StoreDocuments(ConfigSource node, StoreFollower follower, NodeProgress progress) implements ConfigDocuments {
    private static final String DOCUMENT = "document";

    /** A node that stopped is shown for so long. */
    private static final Duration SHOWN = Duration.ofHours(1);

    private static final Version EMPTY = new Version(0, 0, Instant.EPOCH, "", "", "", "", "");

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public Optional<StoreStanding> standing() {
        return Optional.of(progress.standing());
    }

    @Override
    public Version head() {
        OpenStore store = store();
        try {
            long head = store.versions().head().version();
            return head == 0
                    ? EMPTY
                    : store.versions().version(head).map(StoreDocuments::told).orElse(EMPTY);
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Optional<Unconfirmed> unconfirmed() {
        OpenStore store = store();
        try {
            Head head = store.versions().head();
            Instant until = head.confirmUntil();
            return until == null
                    ? Optional.empty()
                    : Optional.of(new Unconfirmed(head.version(), head.fallback(), until));
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Optional<String> managedBy() {
        OpenStore store = store();
        try {
            return Optional.ofNullable(store.versions().head().managedBy());
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public void refuseManaged(String content, Mandate mandate, @Nullable String requestKey) {
        OpenStore store = store();
        try {
            store.versions().refuseManaged(plain(content, requestKey).under(mandate));
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Optional<String> release(AuditNote note) {
        OpenStore store = store();
        try {
            return Optional.ofNullable(store.versions().manage(null, note));
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Optional<Version> version(long id) {
        OpenStore store = store();
        try {
            return store.versions().version(id).map(StoreDocuments::told);
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public List<Version> history(long before, int limit) {
        OpenStore store = store();
        try {
            return store.versions().history(before, limit).stream()
                    .map(StoreDocuments::told)
                    .toList();
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Checked check(String content) {
        try {
            StoreSecrets.Sealed sealed = sealed(content);
            String stored = sealed.draft().content();
            ConfigLoader.Loaded loaded = sealed.loaded();
            return new Checked(List.of(), loaded.warnings(), stored, LiteralSecrets.hidden(stored), loaded.config());
        } catch (ConfigException e) {
            return new Checked(e.problems(), List.of(), content, maskedAnyway(content), null);
        }
    }

    /** As it would be stored, so that a secret is the same reference before and after; while the store is away, as it is. */
    private StoreSecrets.Sealed sealed(String content) {
        Draft draft = plain(content, null);
        OpenStore store = follower.store();
        if (store == null) {
            return unsealed(draft);
        }
        try {
            return store.secrets().sealed(node, draft, DOCUMENT, true);
        } catch (StoreException e) {
            if (Interpolation.secrets(content).isEmpty()) {
                return unsealed(draft);
            }
            throw unavailable(e);
        }
    }

    private static Draft plain(String content, @Nullable String requestKey) {
        return Draft.plain(content, "", "", Origin.API, io.llmproxy.boot.Version.current(), requestKey, null);
    }

    private StoreSecrets.Sealed unsealed(Draft draft) {
        ConfigLoader.Loaded loaded = node.document(draft.content(), DOCUMENT, SecretSource.NONE);
        return new StoreSecrets.Sealed(draft.sealed(node.inOwnWords(draft.content()), List.of()), loaded);
    }

    /** A document whose secrets cannot be opened here can be looked at nevertheless. */
    private String maskedAnyway(String content) {
        if (Interpolation.secrets(content).isEmpty()) {
            return "";
        }
        try {
            var unused = node.document(content, DOCUMENT, StoreSecrets.STAND_IN);
            return LiteralSecrets.hidden(node.inOwnWords(content));
        } catch (ConfigException e) {
            return "";
        }
    }

    @Override
    public Version commit(Change change, long base) throws MovedException {
        Origin origin = switch (change.way()) {
            case UI -> Origin.UI;
            case API -> Origin.API;
            case IMPORT -> Origin.IMPORT;
        };
        return commit(
                Draft.plain(
                                change.content(),
                                change.author(),
                                change.message(),
                                origin,
                                io.llmproxy.boot.Version.current(),
                                change.requestKey(),
                                change.confirmWithin())
                        .under(change.mandate()),
                base,
                change.note());
    }

    private Version commit(Draft draft, long base, AuditNote note) throws MovedException {
        OpenStore store = store();
        try {
            Draft sealed = store.secrets().sealed(node, draft, DOCUMENT, false).draft();
            Version made = told(store.versions().commit(sealed, base, note));
            follower.nudge();
            return made;
        } catch (HeadMovedException e) {
            throw new MovedException(e.expected(), e.actual());
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Optional<Version> rollBack(long to, long base, Mandate mandate, AuditNote note) throws MovedException {
        Optional<Version> old = version(to);
        if (old.isEmpty()) {
            return Optional.empty();
        }
        Draft draft = OpenStore.rollback(to, old.get().content(), note.actor()).under(mandate);
        return Optional.of(commit(draft, base, note));
    }

    @Override
    public boolean confirm(long version, AuditNote note) {
        OpenStore store = store();
        try {
            boolean confirmed = store.versions().confirm(version, note);
            follower.nudge();
            return confirmed;
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public List<Node> nodes() {
        OpenStore store = store();
        try {
            return store.nodes().seen(SHOWN).stream()
                    .map(seen -> new Node(
                            seen.report().id(),
                            seen.report().boot(),
                            seen.report().name(),
                            seen.report().appVersion(),
                            seen.report().active(),
                            seen.report().tried(),
                            seen.report().nack(),
                            follower.isOwn(seen.report()),
                            seen.seenAt(),
                            seen.live(),
                            seen.report().state(),
                            seen.report().inFlight(),
                            seen.drainedBy(),
                            seen.drainedAt()))
                    .toList();
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    @Override
    public void stays(boolean drained, String by) {
        follower.drain(drained, by);
    }

    @Override
    public void drain(String node, boolean on, String by) {
        OpenStore store = store();
        try {
            store.nodes().drain(node, on, by);
        } catch (StoreException e) {
            throw unavailable(e);
        }
    }

    private OpenStore store() {
        return opened(follower);
    }

    /** Returns the store of a follower. */
    static OpenStore opened(StoreFollower follower) {
        OpenStore store = follower.store();
        if (store == null) {
            throw new UnavailableException(Unavailable.AWAY, "The store has not answered since this node started.");
        }
        return store;
    }

    /** Says it in the words of the admin API. */
    static UnavailableException unavailable(StoreException e) {
        return switch (e.kind()) {
            case CONFLICT ->
                new UnavailableException(
                        Unavailable.CONFLICT,
                        "Another call came first with this name or Idempotency-Key; look at what it has stored.");
            case INVALID ->
                new UnavailableException(
                        Unavailable.INVALID,
                        "The store cannot keep a value of this call (expected: plain text, and usual times).");
            case MANAGED ->
                new UnavailableException(
                        Unavailable.MANAGED,
                        capital(String.valueOf(e.getMessage()))
                                + " (expected: a change there, or override=managed by a caller with the role admin).");
            case AWAY -> new UnavailableException(Unavailable.AWAY, "The store does not answer; try again later.");
            case OUTCOME_UNKNOWN ->
                new UnavailableException(
                        Unavailable.OUTCOME_UNKNOWN,
                        "The store broke off in the middle of the change, which may be stored or not; look at it before you"
                                + " try again.");
            case SCHEMA, REFUSED, DAMAGED -> new UnavailableException(Unavailable.AWAY, String.valueOf(e.getMessage()));
        };
    }

    private static String capital(String sentence) {
        return sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1);
    }

    private static Version told(ConfigVersion version) {
        return new Version(
                version.id(),
                version.parent(),
                version.createdAt(),
                version.author(),
                version.message(),
                version.origin().word(),
                version.sha256(),
                version.content());
    }
}
