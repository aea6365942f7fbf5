package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Digest;
import io.llmproxy.admin.ConfigDocuments.Version;
import io.llmproxy.config.document.ConfigPrinter;
import io.llmproxy.config.document.YamlEdit;
import io.llmproxy.config.document.YamlPath;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Changes of one forward, group or upstream: two who change different ones both succeed; who changes one that somebody else has changed is
 * told so. Comments elsewhere in the document stay.
 */
final class EntityChanges {
    private static final String NAME = "name";
    private static final Pattern TAG = Pattern.compile("\"e([0-9a-f]{16})(?:-v([0-9]{1,18}))?\"");

    private final PartEdit edit;

    EntityChanges(PartEdit edit) {
        this.edit = edit;
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
     * @param rest refuses what the rest of the configuration does not allow
     */
    record Wanted(
            Kind kind,
            String name,
            How how,
            @Nullable ObjectNode body,
            @Nullable String match,
            boolean absent,
            Consumer<PartEdit.Newest> rest) {
        private String comment() {
            String verb = how == How.REMOVE ? "Remove " : absent ? "Add " : "Change ";
            return verb + kind.label + ' ' + name;
        }
    }

    /** An entity of a document. */
    private record Entity(Kind kind, String name) implements PartEdit.Part {
        @Override
        public JsonNode in(ObjectNode document) {
            return DocumentJson.named(document, kind.pointer(), name);
        }

        @Override
        public String prefix(ObjectNode document) {
            return "";
        }
    }

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

    /**
     * Returns the tag of an entity: another content has another one. A digest of what is not shown would help to guess it, so that where
     * there is such a thing the tag names the version instead.
     *
     * @param entity as it is shown
     * @param version that it is of
     */
    private static String tag(JsonNode entity, long version) {
        return "\"e" + digest(entity) + (hides(entity) ? "-v" + version : "") + '"';
    }

    private static String digest(JsonNode entity) {
        return Digest.of(entity.toString()).substring(0, 16);
    }

    private static boolean hides(JsonNode entity) {
        return entity.toString().contains(ConfigPrinter.MASK);
    }

    /** Returns the tag of an entity of a version. */
    static String tag(Kind kind, String name, ConfigText.Shown shown) {
        return tag(new Entity(kind, name).in(shown.json()), shown.version());
    }

    /**
     * Makes a change.
     *
     * @param dry whether nothing is stored
     */
    Made change(ContainerRequestContext call, Wanted wanted, boolean dry) {
        edit.requireStore();
        check(wanted);
        Entity entity = new Entity(wanted.kind(), wanted.name());
        PartEdit.Change change =
                new PartEdit.Change(entity, wanted.comment(), (document, newest) -> write(wanted, document, newest));
        PartEdit.Belief belief = (newest, any) -> compare(wanted, entity, newest);
        if (dry) {
            return new Made(null, null, wanted.absent(), edit.check(call, belief, change));
        }
        Version made = edit.commit(call, belief, change);
        JsonNode after = entity.in(edit.newest(made).shown().json());
        return new Made(made, after.isEmpty() ? null : tag(after, made.id()), wanted.absent(), null);
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

    private void compare(Wanted wanted, Entity entity, PartEdit.Newest newest) {
        JsonNode before = entity.in(newest.shown().json());
        if (wanted.absent()) {
            if (!before.isEmpty()) {
                throw moved(before, newest, "there is one of the name already");
            }
            return;
        }
        Matcher seen = TAG.matcher(String.valueOf(wanted.match()).strip());
        boolean same = seen.matches() && digest(before).equals(seen.group(1));
        if (!same || (hides(before) && !isSince(entity, seen.group(2), newest))) {
            throw moved(before, newest, "another change of it came first");
        }
    }

    private boolean isSince(Entity entity, @Nullable String version, PartEdit.Newest newest) {
        return version != null && edit.isSince(entity, Long.parseLong(version), newest);
    }

    private static Refused moved(JsonNode before, PartEdit.Newest newest, String why) {
        return new Refused(412, "precondition_failed", "Nothing was changed: " + why + ".")
                .with(Map.of("current", before, "etag", tag(before, newest.version())));
    }

    private static void write(Wanted wanted, YamlEdit document, PartEdit.Newest newest) {
        wanted.rest().accept(newest);
        YamlEdit.Section parent = wanted.kind().parent(document);
        String list = wanted.kind().list;
        YamlEdit.Section found = parent.named(list, wanted.name()).orElse(null);
        if (found == null && !wanted.absent()) {
            throw Refused.notFound(wanted.kind().label, wanted.name());
        }
        ObjectNode body = wanted.body();
        if (found != null && body != null && found.isShared()) {
            throw anchored(wanted.name() + ": other parts of the document take over what it says");
        }
        if (body == null) {
            if (found != null) {
                parent.remove(list, found);
            }
            return;
        }
        if (wanted.how() == How.MERGE && found != null) {
            Entity entity = new Entity(wanted.kind(), wanted.name());
            refuseTaken(body, found, entity.in(newest.stored()));
            merge(found, body);
            refuseRest(body, entity.in(DocumentJson.of(document.text())), "");
            return;
        }
        ObjectNode named = Json.MAPPER.createObjectNode().put(NAME, wanted.name());
        named.setAll(body);
        if (found == null) {
            parent.add(list, plain(named));
        } else {
            found.become(plain(named));
        }
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
