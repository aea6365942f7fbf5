package io.llmproxy.admin.api;

import io.llmproxy.access.Mandate;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Change;
import io.llmproxy.admin.ConfigDocuments.MovedException;
import io.llmproxy.admin.ConfigDocuments.Version;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.ConfigPrinter;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.config.document.YamlTree;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Changes of the configuration: each is checked whole, and none takes the place of a change that its author has not seen. */
final class ConfigChanges {
    private static final Pattern TAG = Pattern.compile("\"v([1-9][0-9]{0,17}|0)\"");
    private static final int LONGEST_COMMENT = 500;
    private static final int LONGEST_COMPARED = 1024 * 1024;
    private static final int SHORTEST_SECONDS = 10;
    private static final int LONGEST_SECONDS = 3600;

    private final ConfigDocuments documents;
    private final ConfigText text;

    ConfigChanges(ConfigDocuments documents, ConfigText text) {
        this.documents = documents;
        this.text = text;
    }

    record Checked(boolean valid, List<Finding> problems, List<Finding> warnings, DocumentDiff.@Nullable Diff diff) {}

    /** What is to become a version. */
    record Wanted(
            String content,
            String comment,
            @Nullable Duration confirmWithin,
            Caller author,
            Mandate mandate,
            @Nullable String requestKey) {
        /** The same with what each attempt of the caller shows. */
        Wanted repeatable(@Nullable String shown) {
            return new Wanted(content, comment, confirmWithin, author, mandate, RequestKey.digest(author, shown));
        }

        static Wanted of(
                String content, @Nullable String comment, @Nullable Integer seconds, Caller author, Mandate mandate) {
            String words = comment == null ? "" : comment.strip();
            if (words.length() > LONGEST_COMMENT) {
                throw Refused.invalid("comment", "too long (expected: at most " + LONGEST_COMMENT + " characters)");
            }
            if (words.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\t')) {
                throw Refused.invalid("comment", "not text (expected: no control characters)");
            }
            if (seconds != null && (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS)) {
                throw Refused.invalid(
                        "confirm_within",
                        "out of range (expected: " + SHORTEST_SECONDS + " to " + LONGEST_SECONDS + " seconds)");
            }
            return new Wanted(
                    content, words, seconds == null ? null : Duration.ofSeconds(seconds), author, mandate, null);
        }
    }

    /** Refuses what needs a store. */
    void requireStore() {
        if (!documents.isWritable()) {
            throw new Refused(
                    409,
                    "file_mode",
                    "The configuration is a file: change the file and reload it, or start with a store.");
        }
    }

    /** The text of a version. */
    String content(long version) {
        return documents
                .version(version)
                .map(Version::content)
                .orElseThrow(() -> Refused.notFound("version", Long.toString(version)));
    }

    /** Tells what a text would change; for a caller who may put it in use. */
    Checked check(String content, Caller caller) {
        return check(content, caller, false);
    }

    /** Tells what it would change to go back to the text of a version. */
    Checked checkOld(String content, Caller caller) {
        return check(content, caller, true);
    }

    private Checked check(String content, Caller caller, boolean old) {
        refuseBeyond(caller, documents.head().content(), content, old);
        ConfigDocuments.Checked checked = documents.check(content);
        boolean valid = checked.problems().isEmpty();
        return new Checked(
                valid,
                findings(checked.problems()),
                findings(checked.warnings()),
                valid ? DocumentDiff.of(text.head(), ConfigText.shown(0, checked.stored(), checked.masked())) : null);
    }

    private static List<Finding> findings(List<Problem> problems) {
        return problems.stream().map(Finding::of).toList();
    }

    /** Puts a text in use. */
    Version commit(Wanted wanted, ConfigDocuments.Way way, @Nullable String base, Act act) {
        documents.refuseManaged(wanted.content(), wanted.mandate(), wanted.requestKey());
        refuseBeyond(wanted.author(), before(base), wanted.content(), false);
        return storing(
                wanted,
                base,
                act,
                (version, note) -> documents.commit(change(wanted, way, wanted.comment(), note), version));
    }

    /** Puts the text of an older version in use. */
    Version rollBack(long to, Wanted wanted, ConfigDocuments.Way way, @Nullable String base, Act act) {
        documents.refuseManaged(wanted.content(), wanted.mandate(), wanted.requestKey());
        refuseBeyond(wanted.author(), before(base), wanted.content(), true);
        boolean plain = wanted.comment().isEmpty() && wanted.confirmWithin() == null && wanted.requestKey() == null;
        String comment = "Back to version " + to + (wanted.comment().isEmpty() ? "" : ": " + wanted.comment());
        return storing(
                wanted,
                base,
                act,
                (version, note) -> plain
                        ? documents
                                .rollBack(to, version, wanted.mandate(), note)
                                .orElseThrow(() -> Refused.notFound("version", Long.toString(to)))
                        : documents.commit(change(wanted, way, comment, note), version));
    }

    /** Nothing manages the configuration any more. */
    void release(Act act) {
        documents.release(act.note()).ifPresent(manager -> {
            act.to(manager);
            act.kept(null);
        });
    }

    private static Change change(Wanted wanted, ConfigDocuments.Way way, String comment, AuditNote note) {
        return new Change(
                wanted.content(),
                wanted.author().name(),
                comment,
                way,
                wanted.requestKey(),
                wanted.confirmWithin(),
                wanted.mandate(),
                note);
    }

    private interface Storing {
        Version store(long base, AuditNote note) throws MovedException;
    }

    private Version storing(Wanted wanted, @Nullable String tag, Act act, Storing storing) {
        long base = base(tag);
        refuseMasks(wanted.content());
        describe(act, base, wanted.content());
        String manager = wanted.mandate().equals(Mandate.PERSON)
                ? null
                : documents.managedBy().orElse(null);
        try {
            Version made = storing.store(base, act.note());
            act.kept(made.id());
            tell(act, wanted.mandate(), manager);
            return made;
        } catch (MovedException moved) {
            throw conflict(base, wanted.content());
        } catch (ConfigException e) {
            throw new Refused(422, "invalid_config", "The configuration cannot be served; nothing was changed.")
                    .with(findings(e.problems()));
        }
    }

    /** As the store has noted it. */
    private static void tell(Act act, Mandate mandate, @Nullable String managedBy) {
        if (mandate.overrides(managedBy)) {
            act.keptBesides("config.override", String.valueOf(managedBy));
        }
        String manager = mandate.manager();
        if (manager != null && !manager.equals(managedBy)) {
            act.keptBesides("config.manage", manager);
        }
    }

    /** Two large documents are not compared for this: each version is kept. */
    private void describe(Act act, long base, String content) {
        if (content.length() <= LONGEST_COMPARED) {
            DocumentDiff.Diff diff = DocumentDiff.of(begin(base), shown(0, content));
            Map<String, Object> before = new LinkedHashMap<>();
            Map<String, Object> after = new LinkedHashMap<>();
            diff.changes().forEach(change -> {
                before.put(change.path(), change.from());
                after.put(change.path(), change.to());
            });
            act.changes(before, after);
        }
    }

    /** A version as it may be shown; an empty document if there is none. */
    ConfigText.Shown begin(long base) {
        return documents
                .version(base)
                .map(version -> shown(base, version.content()))
                .orElseGet(() -> ConfigText.shown(0, "", ""));
    }

    /** The version that a caller has seen. */
    static long base(@Nullable String tag) {
        if (tag == null) {
            throw new Refused(
                    428,
                    "precondition_required",
                    "If-Match is missing (expected: the ETag that the change was made from).");
        }
        Matcher matcher = TAG.matcher(tag.strip());
        if (!matcher.matches()) {
            throw Refused.invalid("If-Match", "not an ETag of this API (expected: one such as \"v42\")");
        }
        return Long.parseLong(matcher.group(1));
    }

    /** Both have changed the same: each is told what the other has done, from where both began. */
    Refused conflict(long base, String content) {
        ConfigText.Shown begin = begin(base);
        ConfigText.Shown head = text.head();
        return new Refused(
                        412,
                        "precondition_failed",
                        "Version " + head.version() + " was stored in the meantime; nothing was changed.")
                .with(Map.of(
                        "current", head.version(),
                        "theirs", DocumentDiff.of(begin, head),
                        "yours", DocumentDiff.of(begin, shown(0, content))));
    }

    private ConfigText.Shown shown(long version, String content) {
        ConfigDocuments.Checked checked = documents.check(content);
        return ConfigText.shown(version, checked.stored(), checked.masked());
    }

    /** A secret that was shown as a mask is not the mask: to store that would lose it. */
    private static void refuseMasks(String content) {
        List<Finding> masks = new ArrayList<>();
        forEachScalar(content, (path, scalar) -> {
            if (isMask(scalar.text())) {
                masks.add(new Finding(scalar.origin().line(), path, "*** (expected: the secret, or ${NAME})"));
            }
        });
        if (!masks.isEmpty()) {
            throw new Refused(
                            400,
                            "mask_sent_back",
                            "A secret is *** (expected: the secret, or ${NAME}); nothing was changed.")
                    .with(masks);
        }
    }

    /**
     * An editor may change what is served, not who operates the gateway nor where its secrets go.
     *
     * @param old whether it was a version before: then the role admin, or this check, has let its references in
     */
    private void refuseBeyond(Caller caller, String before, String after, boolean old) {
        if (caller.role().covers(Role.ADMIN)) {
            return;
        }
        if (!old) {
            EditorLimits.checkReferences(before, after);
        }
        ConfigDocuments.Checked wanted = documents.check(after);
        if (!wanted.problems().isEmpty()) {
            // It is refused for those.
            return;
        }
        String stored = documents.check(before).stored();
        if (!old) {
            // A document in a replaced system's words has references only when it is stored in ours.
            EditorLimits.checkStored(stored, wanted.stored());
        }
        EditorLimits.checkOwn(stored, wanted.stored());
    }

    /** What a change begins with: if that is not the head, the change will be refused anyway. */
    private String before(@Nullable String base) {
        return documents
                .version(base(base))
                .map(Version::content)
                .orElseGet(() -> documents.head().content());
    }

    /** Hands each single value of a document on with its path; of none if it cannot be read. */
    static void forEachScalar(String content, BiConsumer<String, YamlTree.Scalar> action) {
        YamlTree tree;
        try {
            tree = YamlParser.parse(content, "document", new Problems());
        } catch (ConfigException e) {
            return;
        }
        forEachScalar("", tree, action);
    }

    private static void forEachScalar(String path, YamlTree tree, BiConsumer<String, YamlTree.Scalar> action) {
        if (tree instanceof YamlTree.Mapping mapping) {
            mapping.entries().forEach((name, value) -> forEachScalar(YamlPath.key(path, name), value, action));
        } else if (tree instanceof YamlTree.Sequence sequence) {
            for (int i = 0; i < sequence.items().size(); i++) {
                forEachScalar(YamlPath.item(path, i), sequence.items().get(i), action);
            }
        } else if (tree instanceof YamlTree.Scalar scalar) {
            action.accept(path, scalar);
        }
    }

    /** Also the part of a URL that is hidden. */
    private static boolean isMask(String text) {
        return text.equals(ConfigPrinter.MASK)
                || text.contains(":-" + ConfigPrinter.MASK + '}')
                || text.contains("://" + ConfigPrinter.MASK + "@")
                || (text.contains("://") && text.endsWith("?" + ConfigPrinter.MASK));
    }
}
