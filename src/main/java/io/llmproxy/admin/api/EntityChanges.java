package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Digest;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Version;
import io.llmproxy.config.document.YamlEdit;
import io.llmproxy.config.document.YamlPath;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes of one forward, group or upstream. Each is made to the newest version, so that two who change different ones both succeed; who
 * changes one that somebody else has changed is told so. Comments elsewhere in the document stay.
 */
final class EntityChanges {
    private static final int ATTEMPTS = 3;
    private static final String NAME = "name";

    private final ConfigDocuments documents;
    private final ConfigText text;
    private final ConfigChanges changes;

    EntityChanges(ConfigDocuments documents, ConfigText text, ConfigChanges changes) {
        this.documents = documents;
        this.text = text;
        this.changes = changes;
    }

    /** What can be changed by itself. */
    enum Kind {
        FORWARD("forward", "http_server", "forwards"),
        GROUP("group", "", "upstream_groups"),
        UPSTREAM("upstream", "", "upstreams");

        private final String label;
        private final String section;
        private final String list;

        Kind(String label, String section, String list) {
            this.label = label;
            this.section = section;
            this.list = list;
        }

        private String pointer() {
            return (section.isEmpty() ? "" : '/' + section) + '/' + list;
        }

        private YamlEdit.Section parent(YamlEdit edit) {
            return section.isEmpty() ? edit.root() : edit.root().section(section);
        }
    }

    /** How an entity is changed. */
    enum How {
        /** It becomes what is said; it may be new. */
        REPLACE,
        /** What is said of it becomes so; null removes (RFC 7396). */
        MERGE,
        REMOVE
    }

    /**
     * What is wanted.
     *
     * @param body null to remove it
     * @param match the entity's tag, as the caller has seen it
     * @param absent whether the caller believes that there is none
     */
    record Wanted(
            Kind kind,
            String name,
            How how,
            @Nullable ObjectNode body,
            @Nullable String match,
            boolean absent) {}

    /**
     * What came of it.
     *
     * @param version the new version; null for a dry run
     * @param tag of the entity as it is now; null if it is gone
     * @param created whether it is new
     * @param checked what the change would do; null unless it is a dry run
     */
    record Made(
            @Nullable Version version,
            @Nullable String tag,
            boolean created,
            ConfigChanges.@Nullable Checked checked) {}

    /** Returns the tag of an entity: another content has another one. */
    static String tag(JsonNode entity) {
        return "\"e" + Digest.of(entity.toString()).substring(0, 16) + '"';
    }

    /** Returns the tag of an entity of the newest version. */
    String tag(Kind kind, String name) {
        return tag(DocumentJson.named(text.head().json(), kind.pointer(), name));
    }

    /**
     * Makes a change.
     *
     * @param dry whether nothing is stored
     */
    Made change(Wanted wanted, ConfigDocuments.Way way, Act act, boolean dry) {
        changes.requireStore();
        check(wanted);
        for (int attempt = 1; ; attempt++) {
            ConfigText.Shown head = text.head();
            JsonNode before = DocumentJson.named(head.json(), wanted.kind().pointer(), wanted.name());
            compare(wanted, before);
            String next = edited(wanted, documents.check(head.content()).stored());
            if (dry) {
                return new Made(null, null, before.isEmpty(), changes.check(next, act.caller()));
            }
            String comment = wanted.how() == How.REMOVE ? "Remove " : before.isEmpty() ? "Add " : "Change ";
            try {
                Version made = changes.commit(
                        ConfigChanges.Wanted.of(
                                next, comment + wanted.kind().label + ' ' + wanted.name(), null, act.caller()),
                        way,
                        "\"v" + head.version() + '"',
                        act);
                JsonNode after = DocumentJson.named(
                        ConfigText.shown(
                                        made.id(),
                                        made.content(),
                                        documents.check(made.content()).masked())
                                .json(),
                        wanted.kind().pointer(),
                        wanted.name());
                return new Made(made, after.isEmpty() ? null : tag(after), before.isEmpty(), null);
            } catch (Refused refused) {
                if (refused.status() != 412 || attempt == ATTEMPTS) {
                    throw refused;
                }
            }
        }
    }

    private static void check(Wanted wanted) {
        ObjectNode body = wanted.body();
        if (body != null && body.has(NAME) && !body.path(NAME).asText().equals(wanted.name())) {
            throw Refused.invalid(NAME, "another name than that of the path (expected: the same, or none)");
        }
        if (wanted.match() == null && !wanted.absent()) {
            throw new Refused(
                    428,
                    "precondition_required",
                    "If-Match is missing (expected: the ETag that the change was made from, or If-None-Match: * for a new one).");
        }
    }

    private static void compare(Wanted wanted, JsonNode before) {
        if (wanted.absent()) {
            if (!before.isEmpty()) {
                throw moved(before, "there is one of the name already");
            }
            return;
        }
        if (before.isEmpty()) {
            throw Refused.notFound(wanted.kind().label, wanted.name());
        }
        if (!tag(before).equals(String.valueOf(wanted.match()).strip())) {
            throw moved(before, "another change of it came first");
        }
    }

    private static Refused moved(JsonNode before, String why) {
        return new Refused(412, "precondition_failed", "Nothing was changed: " + why + ".")
                .with(Map.of("current", before, "etag", tag(before)));
    }

    private static String edited(Wanted wanted, String content) {
        YamlEdit edit = YamlEdit.of(content);
        YamlEdit.Section parent = wanted.kind().parent(edit);
        String list = wanted.kind().list;
        YamlEdit.Section found = parent.named(list, wanted.name()).orElse(null);
        ObjectNode body = wanted.body();
        if (found != null && body != null && found.isShared()) {
            throw anchored(wanted.name() + ": other parts of the document take over what it says");
        }
        if (body == null) {
            if (found != null) {
                parent.remove(list, found);
            }
            return edit.text();
        }
        if (wanted.how() == How.MERGE && found != null) {
            JsonNode before =
                    DocumentJson.named(DocumentJson.of(content), wanted.kind().pointer(), wanted.name());
            refuseTaken(body, found, before);
            merge(found, body);
            String next = edit.text();
            refuseRest(
                    body,
                    DocumentJson.named(DocumentJson.of(next), wanted.kind().pointer(), wanted.name()),
                    "");
            return next;
        }
        ObjectNode named = Json.MAPPER.createObjectNode().put(NAME, wanted.name());
        named.setAll(body);
        if (found == null) {
            parent.add(list, plain(named));
        } else {
            found.become(plain(named));
        }
        return edit.text();
    }

    private static Refused anchored(String why) {
        return new Refused(409, "conflict", why + " (expected: a change of the document); nothing was changed.");
    }

    /** A section that comes whole from an anchor would lose what the patch does not say. */
    private static void refuseTaken(ObjectNode patch, YamlEdit.Section section, JsonNode before) {
        patch.properties().forEach(member -> {
            String key = member.getKey();
            if (member.getValue() instanceof ObjectNode && before.path(key).isObject() && !section.has(key)) {
                throw anchored(key + ": it comes from an anchor of the document");
            }
        });
    }

    private static void merge(YamlEdit.Section section, ObjectNode patch) {
        patch.properties().forEach(member -> {
            JsonNode value = member.getValue();
            if (value.isNull()) {
                section.drop(member.getKey());
            } else if (value instanceof ObjectNode object) {
                merge(section.own(member.getKey()), object);
            } else {
                section.set(member.getKey(), plain(value));
            }
        });
    }

    /** What an entity takes over from an anchor cannot be taken out of it alone. */
    private static void refuseRest(ObjectNode patch, JsonNode after, String path) {
        patch.properties().forEach(member -> {
            String place = YamlPath.key(path, member.getKey());
            if (member.getValue().isNull() && after.has(member.getKey())) {
                throw anchored(place + ": it comes from an anchor of the document");
            }
            if (member.getValue() instanceof ObjectNode object) {
                refuseRest(object, after.path(member.getKey()), place);
            }
        });
    }

    private static Object plain(JsonNode value) {
        return Json.MAPPER.convertValue(value, Object.class);
    }
}
