package io.llmproxy.audit;

import java.util.List;

/** Where notes are kept. Each call may wait for a database, so it belongs on a thread that may block. */
public interface AuditBook {
    /** Keeps nothing: there is no store. */
    AuditBook NONE = new AuditBook() {
        @Override
        public boolean isKept() {
            return false;
        }

        @Override
        public void write(AuditNote note) {
            // The log has it.
        }

        @Override
        public List<AuditEntry> find(AuditQuery query) {
            return List.of();
        }
    };

    /** Whether notes are kept. */
    boolean isKept();

    /**
     * Keeps a note of an act that had no transaction of its own.
     *
     * @throws RuntimeException if it cannot be kept
     */
    void write(AuditNote note);

    /** Returns entries, the newest first. */
    List<AuditEntry> find(AuditQuery query);
}
