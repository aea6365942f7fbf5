package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Version;
import io.llmproxy.config.document.YamlEdit;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes of one part of the configuration, made from a version that the caller has seen. Changes of other parts that came since then do
 * no harm: the change is made to the newest version. If the part itself was changed, nothing is done and both changes are told.
 */
final class PartEdit {
    private static final int ATTEMPTS = 3;

    private final ConfigDocuments documents;
    private final ConfigText text;
    private final ConfigChanges changes;

    PartEdit(ConfigDocuments documents, ConfigText text, ConfigChanges changes) {
        this.documents = documents;
        this.text = text;
        this.changes = changes;
    }

    /** A part of the configuration. */
    interface Part {
        /** What a document says of it. */
        JsonNode in(ObjectNode document);

        /** The path of it in a document, with what stands between it and a member; empty for the document itself. */
        String prefix(ObjectNode document);
    }

    /**
     * A change.
     *
     * @param part what is changed
     * @param comment what for
     * @param how changes a document
     */
    record Change(Part part, String comment, Consumer<YamlEdit> how) {}

    /** Refuses what needs a store. */
    void requireStore() {
        changes.requireStore();
    }

    /** Tells what a change would come to. */
    ConfigChanges.Checked check(ContainerRequestContext call, Change change) {
        return changes.check(edited(documents.head().content(), change), Caller.of(call));
    }

    /**
     * Makes a version with a change of the newest one.
     *
     * @param tag names the version that the change was made from; checked only if there is one
     */
    Version commit(ContainerRequestContext call, @Nullable String tag, Change change) {
        for (int attempt = 1; ; attempt++) {
            Version head = documents.head();
            if (tag != null) {
                refuseStale(ConfigChanges.base(tag), head, change);
            }
            String content = edited(head.content(), change);
            Act act = Act.of(call);
            try {
                return changes.commit(
                        ConfigChanges.Wanted.of(content, change.comment(), null, Caller.of(call)),
                        ConfigResource.way(call),
                        "\"v" + head.id() + '"',
                        act);
            } catch (Refused refused) {
                if (refused.status() != 412 || attempt == ATTEMPTS) {
                    throw within(change.part(), content, refused);
                }
            }
        }
    }

    private void refuseStale(long base, Version head, Change change) {
        if (base == head.id()) {
            return;
        }
        ConfigText.Shown begin = changes.begin(base);
        Part part = change.part();
        if (begin.content().isEmpty()
                || !part.in(begin.json()).equals(part.in(text.head().json()))) {
            throw changes.conflict(base, begin.content().isEmpty() ? "" : edited(begin.content(), change));
        }
    }

    /** Versions of earlier releases may be in the words of a replaced system. */
    private String edited(String content, Change change) {
        YamlEdit edit = YamlEdit.of(documents.check(content).stored());
        change.how().accept(edit);
        return edit.text();
    }

    /** A caller who has sent a part is told where in that something is wrong. */
    private static Refused within(Part part, String content, Refused refused) {
        String prefix = part.prefix(DocumentJson.of(content));
        List<Finding> found = refused.problems().stream()
                .map(finding -> !prefix.isEmpty() && finding.path().startsWith(prefix)
                        ? new Finding(null, finding.path().substring(prefix.length()), finding.message())
                        : finding)
                .toList();
        return refused.with(found);
    }

    /** Who changes something says from what. */
    static Refused noTag() {
        return new Refused(
                428,
                "precondition_required",
                "If-Match is missing (expected: the ETag that the change was made from).");
    }

    /** The answer to a change: the version that it has made. */
    static Response told(Response.ResponseBuilder answer, Version made) {
        return answer.entity(VersionsResource.told(made))
                .header("ETag", "\"v" + made.id() + '"')
                .build();
    }
}
