package io.llmproxy.config.document;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigPrinterTest {
    @ParameterizedTest
    @CsvSource({
        "sk-live, ***",
        "${KEY}, ${KEY}",
        "Bearer ${secret:a/b}, Bearer ${secret:a/b}",
        "${KEY:-sk-live}, ${KEY:-***}",
        "${jndi:llmproxy/key:-sk-live}, ${jndi:llmproxy/key:-***}",
        "sk-live-1234${SUFFIX:-}, ***",
        "https://hooks.example/T0/abc?n=${NODE}, ***",
        "$${KEY}${KEY}, ***",
        "$${KEY}, ***"
    })
    void aSecretIsShownWhereNothingButReferencesIsInIt(String text, String shown) {
        assertThat(ConfigPrinter.secret(text)).isEqualTo(shown);
    }
}
