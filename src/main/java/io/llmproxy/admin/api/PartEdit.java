package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Mandate;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Version;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.document.YamlEdit;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import java.util.List;

/**
 * Changes of one part of the configuration. Each is made to the newest version, so that changes of other parts that the caller has not
 * seen do no harm. If the part itself is not as the caller believes, nothing is done.
 */
final class PartEdit {
    /** The caller believes nothing. */
    static final Belief NONE = (newest, change) -> {};

    private static final int ATTEMPTS = 3;

    private final ConfigDocuments documents;
    private final ConfigChanges changes;

    PartEdit(ConfigDocuments documents, ConfigChanges changes) {
        this.documents = documents;
        this.changes = changes;
    }

    /** A part of the configuration. */
    interface Part {
        /** What a document says of it. */
        JsonNode in(ObjectNode document);

        /** The path of it in a document, with what stands between it and a member; empty for the document itself. */
        String prefix(ObjectNode document);
    }

    /** How a document is changed. */
    interface Edit {
        /**
         * Changes a document.
         *
         * @param document the newest version's
         * @param newest what else is known of that
         * @throws Refused if it cannot be changed so
         */
        void make(YamlEdit document, Newest newest);
    }

    /** What a caller believes of the part that is changed. */
    interface Belief {
        /**
         * Compares it with the newest version.
         *
         * @throws Refused if it is not so
         */
        void check(Newest newest, Change change);
    }

    /**
     * A change.
     *
     * @param part what is changed
     * @param comment what for
     * @param edit changes a document
     */
    record Change(Part part, String comment, Edit edit) {}

    /**
     * The version that is changed.
     *
     * @param version its number
     * @param shown without its secrets
     * @param checked what a check has found
     */
    record Newest(long version, ConfigText.Shown shown, ConfigDocuments.Checked checked) {
        /** As it is stored, with all that is not shown of it: not for callers. */
        ObjectNode stored() {
            String text = checked.stored();
            return text.isBlank() ? Json.MAPPER.createObjectNode() : DocumentJson.of(text);
        }

        /** What it means. */
        ProxyConfig config() {
            ProxyConfig config = checked.config();
            if (config == null) {
                throw new Refused(
                                422,
                                "invalid_config",
                                "The newest version cannot be served by this node; nothing was changed.")
                        .with(checked.problems().stream().map(Finding::of).toList());
            }
            return config;
        }
    }

    /** Refuses what needs a store. */
    void requireStore() {
        changes.requireStore();
    }

    /** Tells what a change would come to. */
    ConfigChanges.Checked check(ContainerRequestContext call, Belief belief, Change change) {
        Newest newest = newest(documents.head());
        String content = edited(newest, change);
        belief.check(newest, change);
        return changes.check(content, Caller.of(call));
    }

    /** Makes a version with a change of the newest one. */
    Version commit(ContainerRequestContext call, Belief belief, Change change) {
        return commit(Act.of(call), ConfigResource.way(call), ConfigResource.mandate(call, null), belief, change);
    }

    /** Makes a version with a change of the newest one; if another comes first, with a change of that. */
    Version commit(Act act, ConfigDocuments.Way way, Mandate mandate, Belief belief, Change change) {
        for (int attempt = 1; ; attempt++) {
            Newest newest = newest(documents.head());
            String content = edited(newest, change);
            belief.check(newest, change);
            try {
                return changes.commit(
                        ConfigChanges.Wanted.of(content, change.comment(), null, act.caller(), mandate),
                        way,
                        tag(newest.version()),
                        act);
            } catch (Refused refused) {
                if (refused.status() != 412 || attempt == ATTEMPTS) {
                    throw within(change.part(), content, refused);
                }
            }
        }
    }

    /** Returns what is known of a version. */
    Newest newest(Version version) {
        ConfigDocuments.Checked checked = documents.check(version.content());
        return new Newest(version.id(), ConfigText.shown(version.id(), checked.stored(), checked.masked()), checked);
    }

    /** The part is as it was in the version that a tag names; if not, both changes are told. */
    Belief since(String tag) {
        long base = ConfigChanges.base(tag);
        return (newest, change) -> {
            if (!isSince(change.part(), base, newest)) {
                String yours = documents
                        .version(base)
                        .map(seen -> editedIfItCan(newest(seen), change))
                        .orElse("");
                throw changes.conflict(base, yours);
            }
        };
    }

    /** Whether a part is as it was in a version, also what is not shown of it. */
    boolean isSince(Part part, long version, Newest newest) {
        return version == newest.version()
                || documents
                        .version(version)
                        .map(seen -> part.in(newest(seen).stored()))
                        .filter(part.in(newest.stored())::equals)
                        .isPresent();
    }

    /** Versions of earlier releases may be in the words of a replaced system. */
    private static String edited(Newest newest, Change change) {
        YamlEdit document = YamlEdit.of(newest.checked().stored());
        change.edit().make(document, newest);
        return document.text();
    }

    /** A change of the newest version may be none of an older one, as what it names is not there: then that stays as it is. */
    private static String editedIfItCan(Newest seen, Change change) {
        try {
            return edited(seen, change);
        } catch (Refused refused) {
            return seen.checked().stored();
        }
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
                .header("ETag", tag(made.id()))
                .build();
    }

    private static String tag(long version) {
        return "\"v" + version + '"';
    }
}
