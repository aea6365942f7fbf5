package io.llmproxy.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuditEntryTest {
    private static final Instant AT = Instant.parse("2026-11-29T00:00:00.123Z");

    private static AuditNote note(String actor, String action, @Nullable String before, @Nullable Long version) {
        return new AuditNote(actor, "session", "10.0.0.7", "adm_1", action, "", before, null, AuditNote.DONE, version);
    }

    private static String hash(AuditNote note) {
        return AuditEntry.next(1, AT, note, AuditEntry.BEGINNING).hash();
    }

    @Test
    void whateverIsChangedChangesTheHash() {
        AuditNote note = note("ann", "config.commit", "{}", 3L);
        AuditEntry entry = AuditEntry.next(7, AT, note, AuditEntry.BEGINNING);
        assertThat(entry.isIntact()).isTrue();
        assertThat(entry.hash())
                .hasSize(64)
                .isEqualTo(AuditEntry.next(7, AT, note, AuditEntry.BEGINNING).hash());

        for (AuditEntry changed : List.of(
                new AuditEntry(8, AT, note, entry.previous(), entry.hash()),
                new AuditEntry(7, AT.plusMillis(1), note, entry.previous(), entry.hash()),
                new AuditEntry(7, AT, note("bob", "config.commit", "{}", 3L), entry.previous(), entry.hash()),
                new AuditEntry(7, AT, note("ann", "config.commit", "{}", null), entry.previous(), entry.hash()),
                new AuditEntry(7, AT, note, "1".repeat(64), entry.hash()))) {
            assertThat(changed.isIntact()).as(changed.toString()).isFalse();
        }
    }

    @Test
    void aTextCannotPassForPartOfAnother() {
        Set<String> hashes = new HashSet<>(List.of(
                hash(note("ab", "c", null, null)),
                hash(note("a", "bc", null, null)),
                hash(note("ab", "c", "", null)),
                hash(note("ab", "c", "null", null))));

        assertThat(hashes).hasSize(4);
    }

    @Test
    void textsAreCutAndCleaned() {
        AuditNote note = note("a\nb\ud800" + "x".repeat(500), "call", null, null);

        assertThat(note.actor()).hasSize(200).startsWith("a?b?xx");
        assertThat(note("ü€😀", "call", null, null).actor()).isEqualTo("ü€😀");
        assertThat(note.of(4).version()).isEqualTo(4);
        assertThat(AuditNote.plain("root", "command", "config.import"))
                .extracting(AuditNote::address, AuditNote::outcome)
                .containsExactly("", "done");
    }

    @Test
    void withoutAStoreNothingIsKept() {
        AuditBook.NONE.write(note("ann", "call", null, null));

        assertThat(AuditBook.NONE.isKept()).isFalse();
        assertThat(AuditBook.NONE.find(new AuditQuery(9, 9, null, null, null, null, null, null)))
                .isEmpty();
    }
}
