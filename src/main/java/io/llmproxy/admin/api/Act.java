package io.llmproxy.admin.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llmproxy.audit.AuditNote;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a call does, as the audit is to tell it. It is about one call, and used by its thread alone. */
final class Act {
    /** Attribute of a request that holds it. */
    static final String ATTRIBUTE = Act.class.getName();

    private static final int LONGEST = 32 * 1024;

    private final String requestId;
    private final String address;
    private Caller caller = Caller.UNKNOWN;
    private String authentication = Caller.UNKNOWN.authentication();
    private String action = "";
    private String object = "";
    private @Nullable String before;
    private @Nullable String after;
    private @Nullable Long version;
    private boolean kept;
    private final List<AuditNote> besides = new ArrayList<>();

    Act(String requestId, String address) {
        this.requestId = requestId;
        this.address = address;
    }

    /** The one of a call; a call that is not audited has one that goes nowhere. */
    static Act of(ContainerRequestContext call) {
        return call.getProperty(ATTRIBUTE) instanceof Act act ? act : new Act("", "");
    }

    /** It is known who calls. */
    void by(Caller known, String how) {
        caller = known;
        authentication = how;
    }

    Caller caller() {
        return caller;
    }

    String object() {
        return object;
    }

    boolean isKnown() {
        return !caller.equals(Caller.UNKNOWN);
    }

    /** Something is about to be done. */
    void begins(String what, String toWhat) {
        action = what;
        object = toWhat;
        before = null;
        after = null;
        version = null;
        kept = false;
        besides.clear();
    }

    /** What it is done to, where the path does not say it. */
    void to(String what) {
        object = what;
    }

    boolean isBegun() {
        return !action.isEmpty();
    }

    /** What changes: each a JSON object, without secrets. What is too long is left out. */
    void changes(Map<String, ?> from, Map<String, ?> to) {
        before = json(from);
        after = json(to);
    }

    private static @Nullable String json(Map<String, ?> told) {
        try {
            String text = Json.MAPPER.writeValueAsString(told);
            return text.length() > LONGEST ? "{\"members\":" + told.size() + '}' : text;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("maps can be written", e);
        }
    }

    /** The transaction of the change has kept the note. */
    void kept(@Nullable Long made) {
        version = made;
        kept = true;
    }

    /** The same transaction has kept a note of this, too. */
    void keptBesides(String what, String toWhat) {
        besides.add(note().besides(what, toWhat));
    }

    /** What else {@link #kept} is true of. */
    List<AuditNote> besides() {
        return List.copyOf(besides);
    }

    boolean isKept() {
        return kept;
    }

    /** The note of an act that is carried out. */
    AuditNote note() {
        return new AuditNote(
                caller.name(),
                authentication,
                address,
                requestId,
                action,
                object,
                before,
                after,
                AuditNote.DONE,
                version);
    }

    /** The note of an act that was refused. */
    AuditNote refused(String code) {
        return new AuditNote(caller.name(), authentication, address, requestId, action, object, null, null, code, null);
    }
}
