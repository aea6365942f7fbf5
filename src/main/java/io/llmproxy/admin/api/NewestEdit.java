package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Mandate;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.config.document.YamlEdit;
import java.util.function.Consumer;

/** Changes of the newest version that name no version, as the APIs of replaced systems make them. */
final class NewestEdit {
    private static final int LONGEST_COMMENT = 200;

    private final PartEdit edit;

    NewestEdit(ConfigDocuments documents, ConfigText text) {
        this.edit = new PartEdit(documents, new ConfigChanges(documents, text));
    }

    /** All of it. */
    private enum Whole implements PartEdit.Part {
        DOCUMENT;

        @Override
        public JsonNode in(ObjectNode document) {
            return document;
        }

        @Override
        public String prefix(ObjectNode document) {
            return "";
        }
    }

    /**
     * Makes a version of the newest one with a change; if another change comes first, the change is made to that.
     *
     * @throws Refused with a status that those APIs know, if it cannot be done; then nothing was changed
     */
    ConfigDocuments.Version commit(Act act, Consumer<YamlEdit> change) {
        edit.requireStore();
        String comment = act.object().substring(0, Math.min(act.object().length(), LONGEST_COMMENT));
        try {
            return edit.commit(
                    act,
                    ConfigDocuments.Way.API,
                    Mandate.PERSON,
                    PartEdit.NONE,
                    new PartEdit.Change(Whole.DOCUMENT, comment, (document, newest) -> change.accept(document)));
        } catch (Refused refused) {
            throw translated(refused);
        }
    }

    private static Refused translated(Refused refused) {
        return switch (refused.status()) {
            case 412 -> new Refused(409, "conflict", "Others change the configuration at the same time; try again.");
            case 422 -> new Refused(400, refused.code(), refused.detail()).with(refused.problems());
            default -> refused;
        };
    }
}
