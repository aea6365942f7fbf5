package io.llmproxy.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonOutputTest {
    @Test
    void isJson() throws Exception {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("text", "a \"b\" \\ c\nd\te\u0001\u2028 é 😀");
        told.put("number", 7);
        told.put("yes", true);
        told.put("none", null);
        told.put("list", List.of(Map.of("a", 1), "b"));

        String json = JsonOutput.of(told);

        assertThat(json).doesNotContain("\n");
        assertThat(new JsonMapper().readValue(json, Object.class))
                .isEqualTo(new JsonMapper().convertValue(told, Object.class));
    }
}
