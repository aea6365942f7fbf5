package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.llmproxy.config.document.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/** The schema agrees with the loader. */
final class ConfigSchemaTest {
    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(SchemaDocument.render(), InputFormat.JSON);

    @ParameterizedTest
    @FieldSource("io.llmproxy.config.load.ConfigFixtures#SAMPLES")
    void samplesAreValid(String sample) {
        assertThat(validate(ConfigFixtures.text(sample))).isEmpty();
    }

    @Test
    void referenceIsValidAndLoadsWithoutWarning() {
        assertThat(validate(ReferenceDocument.render())).isEmpty();
        assertThat(ConfigLoader.load(Path.of("server/conf/llmproxy.reference.yaml"), Map.of())
                        .warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "log: {level: loud}",
                "log: {levl: info}",
                "log: {level: 5}",
                "log: {access: sometimes}",
                "nothing: 1",
                "upstreams: [{name: u}]",
                "upstreams: [{name: u, url: u}]",
                "upstreams: [{name: u, url: 'http://user:pw@u'}]",
                "upstreams: [{name: u, url: http://u, weight: 0}]",
                "upstreams: [{name: u, url: http://u, breaker: {threshold: 2.0}}]",
                "upstreams: [{name: u, url: http://u, breaker: {enabled: false, treshold: 1}}]",
                "upstreams: [{name: u, url: http://u, headers: [{key: X}]}]",
                "upstream_groups: []\nhttp_server: {forwards: []}",
                "upstream_groups: [{name: g, upstreams: []}]",
                "upstream_groups: [{name: g, upstreams: [{name: u}], http_client: {stream: true, stream_mode: true}}]",
                "upstream_groups: [{name: g, upstreams: [{name: u}], http_client: {proxy: {}}}]",
                "http_server: {forwards: [{name: a, upstream_group: g, default_group: g}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, port: 99999}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, port: abc}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, max_body: 5XiB}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, timeout: {connect: 0}}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, timeout: {connect: 1.5}}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, timeout: {connect: 1.5s}}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, timeout: {connect: 1d}}]}",
                "http_server: here",
            })
    void brokenConfigurationsAreInvalid(String yaml) {
        assertThat(validate(ConfigFixtures.complete(yaml))).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "store: {}",
                "store: {url: 'jdbc:postgresql://db/llmproxy', poll: 500ms}\nlog: {level: debug}\nx-note: mine",
                "store: {seed: gateway.yaml}\nhttp_server: {admin: {port: 9001}}\n",
            })
    void theFileOfANodeIsValid(String yaml) {
        assertThat(validate(yaml)).isEmpty();
        assertThat(ConfigLoader.parse(yaml, "node.yaml", Path.of(""), Map.of())
                        .config()
                        .store())
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "store: {}\nupstreams: []",
                "store: {}\nhttp_server: {forwards: []}",
                "store: {polls: 2s}",
                "store: here",
                "store: {enabled: false}",
            })
    void theFileOfANodeHoldsNothingElse(String yaml) {
        assertThat(validate(yaml)).isNotEmpty();
        assertThatThrownBy(() -> ConfigLoader.parse(yaml, "node.yaml", Path.of(""), Map.of()))
                .isInstanceOf(ConfigException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "log: {level: '${LEVEL}', access: '${ACCESS}'}",
                "log:",
                "http_server: {forwards: [{name: a, upstream_group: g, port: '80', max_body: 1 KiB}]}",
                "http_server: {forwards: [{name: a, upstream_group: g, port: '${PORT}', timeout: }]}",
                "http_server: {forwards: [{name: a, upstream_group: g, timeout: {connect: 200ms, write: 5 m}}]}",
                "http_server: {max_lag: 1s, forwards: [{name: a, upstream_group: g, timeout: {connect: '15'}}]}",
                "upstreams: [{name: 1, url: '${URL}', weight: '5', breaker: {enabled: false, threshold: much}}]",
            })
    void whatLoadsIsValid(String yaml) {
        String complete = ConfigFixtures.complete(yaml.replace("name: 1", "name: u"));
        Map<String, String> environment = Map.of("LEVEL", "info", "ACCESS", "true", "PORT", "80", "URL", "http://u");

        assertThat(ConfigFixtures.parse(complete, Path.of(""), environment).warnings())
                .isEmpty();
        assertThat(validate(complete)).isEmpty();
    }

    private static List<Error> validate(String yaml) {
        Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        return SCHEMA.validate(new JsonMapper().writeValueAsString(tree), InputFormat.JSON);
    }
}
