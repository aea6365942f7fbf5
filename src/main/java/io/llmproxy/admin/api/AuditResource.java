package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.llmproxy.access.Role;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.audit.AuditEntry;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What operators did. */
@Path("audit")
@Produces(MediaType.APPLICATION_JSON)
public final class AuditResource {
    private final AuditTrail audit;

    AuditResource(AuditTrail audit) {
        this.audit = audit;
    }

    private record Told(
            long id,
            @Nullable String at,
            String actor,
            String authentication,
            String address,
            String requestId,
            String action,
            String object,
            @JsonRawValue @Nullable String before,
            @JsonRawValue @Nullable String after,
            String outcome,
            @Nullable Long version,
            String hash) {}

    private record Found(List<Told> entries, @Nullable String next) {}

    /** Lists entries. */
    @GET
    @Needs(Role.ADMIN)
    public Object find(
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("cursor") @Nullable String cursor,
            @QueryParam("actor") @Nullable String actor,
            @QueryParam("action") @Nullable String action,
            @QueryParam("object") @Nullable String object,
            @QueryParam("outcome") @Nullable String outcome,
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to) {
        if (!audit.isKept()) {
            throw new Refused(
                    409,
                    "file_mode",
                    "Without a store the audit is in the log only (logger " + AuditTrail.LOGGER + ").");
        }
        int count = Page.limit(limit);
        for (String filter : Arrays.asList(actor, action, object, outcome)) {
            if (filter != null && filter.chars().anyMatch(Character::isISOControl)) {
                throw Refused.invalid("query", "a control character (expected: text)");
            }
        }
        List<AuditEntry> found = audit.find(new AuditQuery(
                Page.number("cursor", cursor, Long.MAX_VALUE, 1, Long.MAX_VALUE),
                count + 1,
                actor,
                action,
                object,
                outcome,
                Times.read("from", from),
                Times.read("to", to)));
        List<Told> page = found.stream().limit(count).map(AuditResource::told).toList();
        String next =
                found.size() > count ? Long.toString(page.get(page.size() - 1).id()) : null;
        return new Found(page, next);
    }

    private static Told told(AuditEntry entry) {
        AuditNote note = entry.note();
        return new Told(
                entry.id(),
                Times.told(entry.at()),
                note.actor(),
                note.authentication(),
                note.address(),
                note.requestId(),
                note.action(),
                note.object(),
                note.before(),
                note.after(),
                note.outcome(),
                note.version(),
                entry.hash());
    }
}
