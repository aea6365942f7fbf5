package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.config.document.YamlEdit;
import org.jspecify.annotations.Nullable;

/** The configuration as it may be shown: without its secrets. To mask it takes a while, so that the last one is kept. */
final class ConfigText {
    private final ConfigDocuments documents;
    private volatile @Nullable Shown last;

    ConfigText(ConfigDocuments documents) {
        this.documents = documents;
    }

    /**
     * A version without its secrets.
     *
     * @param content what is written, with them
     * @param version number of the version; 0 for a file
     * @param yaml without them
     * @param json the same
     */
    record Shown(String content, long version, String yaml, ObjectNode json) {
        /** Names what is shown: another text has another tag. */
        String tag() {
            return version > 0 ? "\"v" + version + '"' : "\"f" + Integer.toHexString(yaml.hashCode()) + '"';
        }

        /** As YAML for a caller: a comment may hold an old secret, so that viewers are not shown any. */
        String yaml(Caller caller) {
            return caller.role().covers(Role.EDITOR) ? yaml : YamlEdit.uncommented(yaml);
        }

        @Override
        public String toString() {
            return tag();
        }
    }

    /** The wanted version. A file that was changed to something that cannot be loaded is shown as it was before. */
    Shown head() {
        ConfigDocuments.Version head = documents.head();
        Shown before = last;
        if (before != null && before.version() == head.id() && before.content().equals(head.content())) {
            return before;
        }
        ConfigDocuments.Checked checked = documents.check(head.content());
        if (!checked.problems().isEmpty() && before != null) {
            return before;
        }
        Shown shown = shown(head.id(), head.content(), checked.masked());
        last = shown;
        return shown;
    }

    /** A text of that version, which {@link ConfigDocuments#check} has masked. */
    static Shown shown(long version, String content, String masked) {
        boolean nothing = masked.isBlank();
        return new Shown(content, version, masked, nothing ? Json.MAPPER.createObjectNode() : DocumentJson.of(masked));
    }
}
