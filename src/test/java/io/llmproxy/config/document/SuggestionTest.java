package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SuggestionTest {
    private static final List<String> KEYS = List.of("http_server", "upstreams", "upstream_groups", "log");

    @ParameterizedTest
    @CsvSource({
        "httpServer, http_server",
        "HTTP-SERVER, http_server",
        "upstream, upstreams",
        "upsteam, upstreams",
        "upstream-group, upstream_groups",
        "logs, log",
        "og, log",
    })
    void whatIsCloseIsSuggested(String word, String expected) {
        assertThat(Suggestion.hint(word, KEYS)).isEqualTo("(did you mean `" + expected + "`?)");
    }

    @ParameterizedTest
    @CsvSource({"listeners", "x", "upstairs_grouped", "''"})
    void whatIsFarIsNotSuggested(String word) {
        assertThat(Suggestion.hint(word, KEYS)).isEqualTo("(expected: http_server, upstreams, upstream_groups, log)");
    }

    @Test
    void theClosestIsSuggested() {
        assertThat(Suggestion.hint("porr", List.of("part", "ports", "port"))).isEqualTo("(did you mean `port`?)");
    }
}
