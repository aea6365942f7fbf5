package io.llmproxy.boot;

import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.StoredSecrets;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;

/** The configuration is a file, which names the secrets of its own. */
final class NoSecrets implements StoredSecrets {
    private static UnavailableException none() {
        return new UnavailableException(
                Unavailable.READ_ONLY, "The configuration is a file: use ${NAME} or ${file:path} for secrets.");
    }

    @Override
    public All all() {
        throw none();
    }

    @Override
    public Told put(String name, Secret value, AuditNote note) {
        throw none();
    }

    @Override
    public boolean delete(String name, AuditNote note) {
        throw none();
    }

    @Override
    public Rotated rotate(boolean dry, AuditNote note) {
        throw none();
    }
}
