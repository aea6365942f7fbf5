package io.llmproxy.boot;

import io.llmproxy.access.Mandate;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.health.StoreStanding;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The configuration where it is a file, or the text that a container names: operators can read and check it only. */
record FileDocument(ConfigSource source) implements ConfigDocuments {
    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public Optional<StoreStanding> standing() {
        return Optional.empty();
    }

    @Override
    public Version head() {
        return new Version(0, 0, Instant.EPOCH, "", "", "file", "", source.written());
    }

    @Override
    public Optional<Version> version(long id) {
        return Optional.empty();
    }

    @Override
    public List<Version> history(long before, int limit) {
        return List.of();
    }

    @Override
    public Checked check(String content) {
        try {
            ConfigLoader.Loaded loaded = source.parse(content, "document");
            return new Checked(List.of(), loaded.warnings(), content, loaded.text(), loaded.config());
        } catch (ConfigException e) {
            return new Checked(e.problems(), List.of(), content, "", null);
        }
    }

    @Override
    public Version commit(Change change, long base) {
        throw readOnly();
    }

    @Override
    public Optional<Version> rollBack(long to, long base, Mandate mandate, AuditNote note) {
        throw readOnly();
    }

    @Override
    public Optional<String> release(AuditNote note) {
        throw readOnly();
    }

    @Override
    public boolean confirm(long version, AuditNote note) {
        throw readOnly();
    }

    private static UnavailableException readOnly() {
        return new UnavailableException(
                Unavailable.READ_ONLY,
                "The configuration is a file: change the file and reload it, or start with a store.");
    }

    @Override
    public List<Node> nodes() {
        return List.of();
    }

    @Override
    public void drain(String node, boolean on, String by) {
        throw readOnly();
    }
}
