package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.Mandate;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Change;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.audit.AuditNote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDocumentTest {
    private static final String CONFIG = """
            http_server: {forwards: [{name: main, port: 3000, default_group: g}]}
            upstreams: [{name: u, url: "https://api.example.com", auth: {type: bearer, token: "sk-canary"}}]
            upstream_groups: [{name: g, upstreams: [{name: u}]}]
            """;

    @TempDir
    private Path directory;

    private ConfigDocuments documents() throws IOException {
        return new FileDocument(ConfigSource.find(Files.writeString(directory.resolve("config.yaml"), CONFIG)));
    }

    @Test
    void theFileIsVersionZero() throws IOException {
        ConfigDocuments documents = documents();

        assertThat(documents.head().id()).isZero();
        assertThat(documents.head().content()).isEqualTo(CONFIG);
        assertThat(documents.history(Long.MAX_VALUE, 10)).isEmpty();
        assertThat(documents.version(1)).isEmpty();
        assertThat(documents.nodes()).isEmpty();
        assertThat(documents.standing()).isEmpty();
    }

    @Test
    void aTextIsCheckedAndMasked() throws IOException {
        ConfigDocuments.Checked good = documents().check(CONFIG);
        ConfigDocuments.Checked bad = documents().check("http_server: {}\nupstream: []\n");

        assertThat(good.problems()).isEmpty();
        assertThat(good.masked()).contains("api.example.com").doesNotContain("sk-canary");
        assertThat(bad.problems())
                .anySatisfy(problem -> assertThat(problem.toString()).startsWith("document:2: upstream: unknown key"));
        assertThat(bad.masked()).isEmpty();
    }

    @Test
    void nothingCanBeChanged() throws IOException {
        ConfigDocuments documents = documents();
        AuditNote note = AuditNote.plain("test", "command", "test");
        Change change = new Change(CONFIG, "test", "", ConfigDocuments.Way.API, null, null, Mandate.PERSON, note);

        assertThat(documents.isWritable()).isFalse();
        assertRefused(() -> documents.commit(change, 0));
        assertRefused(() -> documents.rollBack(1, 2, Mandate.PERSON, note));
        assertRefused(() -> documents.confirm(1, note));
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnavailableException.class, e -> assertThat(e.reason()).isEqualTo(Unavailable.READ_ONLY));
    }
}
