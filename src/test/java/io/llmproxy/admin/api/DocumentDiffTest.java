package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentDiffTest {
    private static ConfigText.Shown shown(long version, String written) {
        return ConfigText.shown(version, written, written.replaceAll("secret-[0-9a-z]+", "'***'"));
    }

    private static List<String> diff(String before, String after) {
        return DocumentDiff.of(shown(1, before), shown(2, after)).changes().stream()
                .map(change -> change.op() + " " + change.path() + ": " + change.from() + " -> " + change.to())
                .toList();
    }

    @Test
    void elementsAreToldApartByName() {
        assertThat(diff(
                        "upstreams: [{name: a, weight: 1}, {name: b, weight: 1}]",
                        "upstreams: [{name: a, weight: 2}, {name: c, weight: 1}]"))
                .containsExactly(
                        "replace upstreams[a].weight: 1 -> 2",
                        "remove upstreams[b]: {\"name\":\"b\",\"weight\":1} -> null",
                        "add upstreams[c]: null -> {\"name\":\"c\",\"weight\":1}");
    }

    @Test
    void anotherOrderIsAChange() {
        assertThat(diff("upstreams: [{name: a}, {name: b}]", "upstreams: [{name: b}, {name: a}]"))
                .containsExactly("replace upstreams: [\"a\",\"b\"] -> [\"b\",\"a\"]");
    }

    @Test
    void aListWithoutNamesIsReplaced() {
        assertThat(diff("models: [x, y]", "models: [x]")).containsExactly("replace models: [\"x\",\"y\"] -> [\"x\"]");
        assertThat(diff("log: {level: info}", "log: {level: info, access: true}"))
                .containsExactly("add log.access: null -> true");
    }

    @Test
    void aSecretIsNotToldButThatItHasChangedIs() {
        assertThat(diff("auth: {token: secret-1}", "auth: {token: secret-2}"))
                .containsExactly("replace auth.token: \"***\" -> \"***\"");
        assertThat(diff("auth: {token: secret-1}", "auth: {token: secret-1}")).isEmpty();
    }

    @Test
    void whatIsWrittenInTheWordsOfAnotherSystemIsComparedInOurs() {
        ConfigText.Shown foreign = ConfigText.shown(1, "listen: secret-1", "http_server: {port: 1}");

        assertThat(DocumentDiff.of(foreign, shown(2, "http_server: {port: 2}")).changes())
                .extracting(DocumentDiff.Change::path)
                .containsExactly("http_server.port");
    }

    @Test
    void aVersionThatIsNoneIsNull() {
        DocumentDiff.Diff diff = DocumentDiff.of(shown(0, ""), shown(3, "a: 1"));

        assertThat(diff.from()).isNull();
        assertThat(diff.to()).isEqualTo(3);
        assertThat(diff.changes()).hasSize(1);
    }
}
