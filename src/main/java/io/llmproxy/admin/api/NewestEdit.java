package io.llmproxy.admin.api;

import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.config.document.YamlEdit;
import java.util.function.Consumer;

/** Changes of the newest version that name no version, as the APIs of replaced systems make them. */
final class NewestEdit {
    private static final int ATTEMPTS = 3;
    private static final int LONGEST_COMMENT = 200;

    private final ConfigDocuments documents;
    private final ConfigChanges changes;

    NewestEdit(ConfigDocuments documents, ConfigText text) {
        this.documents = documents;
        this.changes = new ConfigChanges(documents, text);
    }

    /**
     * Makes a version of the newest one with a change; if another change comes first, the change is made to that.
     *
     * @throws Refused with a status that those APIs know, if it cannot be done; then nothing was changed
     */
    ConfigDocuments.Version commit(Act act, Consumer<YamlEdit> change) {
        changes.requireStore();
        for (int attempt = 1; ; attempt++) {
            ConfigDocuments.Version head = documents.head();
            // Versions of earlier releases may be in the words of a replaced system.
            YamlEdit edit = YamlEdit.of(documents.check(head.content()).stored());
            change.accept(edit);
            String comment = act.object().substring(0, Math.min(act.object().length(), LONGEST_COMMENT));
            try {
                return changes.commit(
                        ConfigChanges.Wanted.of(edit.text(), comment, null, act.caller()),
                        ConfigDocuments.Way.API,
                        "\"v" + head.id() + '"',
                        act);
            } catch (Refused refused) {
                if (refused.status() != 412 || attempt == ATTEMPTS) {
                    throw translated(refused);
                }
            }
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
