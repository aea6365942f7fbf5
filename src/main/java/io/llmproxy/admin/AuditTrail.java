package io.llmproxy.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.audit.AuditBook;
import io.llmproxy.audit.AuditEntry;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log what operators do, a line of JSON for each act, and keeps a note of it where there is a store. */
public final class AuditTrail {
    /** The logger that the lines go to. */
    public static final String LOGGER = "llmproxy.audit";

    private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
    private static final Duration PERIOD = Duration.ofMinutes(5);

    /** What strangers try fills no database and no disk. */
    private static final int MOST_OF_STRANGERS = 30;

    private static final int MOST_REFUSED = 300;

    private final AuditBook book;
    private final Bound strangers;
    private final Bound refused;

    /**
     * @param book where notes are kept
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    public AuditTrail(AuditBook book, LongSupplier nanoTime) {
        this.book = book;
        this.strangers = new Bound(MOST_OF_STRANGERS, PERIOD, nanoTime);
        this.refused = new Bound(MOST_REFUSED, PERIOD, nanoTime);
    }

    /** Whether notes are kept, and not only logged. */
    public boolean isKept() {
        return book.isKept();
    }

    /** Returns entries, the newest first. */
    public List<AuditEntry> find(AuditQuery query) {
        return book.find(query);
    }

    /** Notes an act that had no transaction of its own. It has been carried out, so that nothing fails if the note cannot be kept. */
    public void done(AuditNote note) {
        log(note, keep(note));
    }

    /** Logs an act whose own transaction has kept the note. */
    public void kept(AuditNote note) {
        log(note, null);
    }

    /** Notes that a caller was refused something: at most 300 of these in five minutes. */
    public void refused(AuditNote note) {
        bounded(refused, note);
    }

    /** Notes that somebody could not sign in: at most 30 of these in five minutes. The next one tells how many were left out. */
    public void strange(AuditNote note) {
        bounded(strangers, note);
    }

    private void bounded(Bound bound, AuditNote note) {
        int before = bound.admit();
        if (before == 0) {
            done(note);
        } else if (before > 0) {
            done(new AuditNote(
                    note.actor(),
                    note.authentication(),
                    note.address(),
                    note.requestId(),
                    note.action(),
                    note.object(),
                    null,
                    "{\"left_out\":" + before + '}',
                    note.outcome(),
                    null));
        }
    }

    /** Returns why it could not be kept; null if it was, or there is no store. */
    private @Nullable String keep(AuditNote note) {
        try {
            book.write(note);
            return null;
        } catch (RuntimeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void log(AuditNote note, @Nullable String problem) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("action", note.action());
        line.put("object", note.object());
        line.put("outcome", note.outcome());
        line.put("actor", note.actor());
        line.put("authentication", note.authentication());
        line.put("address", note.address());
        line.put("request_id", note.requestId());
        JsonMapper mapper = OperatorAnswer.Mapper.JSON;
        try {
            if (note.version() != null) {
                line.put("version", note.version());
            }
            if (note.before() != null) {
                line.put("before", mapper.readTree(note.before()));
            }
            if (note.after() != null) {
                line.put("after", mapper.readTree(note.after()));
            }
            LOG.info("{}", mapper.writeValueAsString(line));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what is noted is JSON", e);
        }
        if (problem != null) {
            LOG.error(
                    "audit entry {} (request {}) could not be stored, only logged: {}",
                    note.action(),
                    note.requestId(),
                    problem);
        }
    }
}
