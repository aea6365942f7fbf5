package io.llmproxy.boot;

import io.llmproxy.audit.AuditBook;
import io.llmproxy.audit.AuditEntry;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import io.llmproxy.store.StoreException;
import java.util.List;
import java.util.function.Supplier;

/** The audit where the configuration is in a store. */
record StoreAudit(Supplier<OpenStore> store) implements AuditBook {
    @Override
    public boolean isKept() {
        return true;
    }

    @Override
    public void write(AuditNote note) {
        OpenStore opened = store.get();
        try {
            var unused = opened.audit().append(note);
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }

    @Override
    public List<AuditEntry> find(AuditQuery query) {
        OpenStore opened = store.get();
        try {
            return opened.audit().find(query);
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }
}
