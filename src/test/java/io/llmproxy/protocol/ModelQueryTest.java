package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModelQueryTest {
    @Test
    void namesAreFoundHoweverTheyAreEscaped() {
        assertThat(ModelQuery.models(null)).isEmpty();
        assertThat(ModelQuery.models("a=b&models=c")).isEmpty();
        assertThat(ModelQuery.models("model&model=")).isEmpty();
        assertThat(ModelQuery.models("a=b&model=gpt%2Drealtime")).containsExactly("gpt-realtime");
        assertThat(ModelQuery.models("m%6Fdel=a&model=b")).containsExactly("a", "b");
        assertThat(ModelQuery.models("model=%zz")).containsExactly("%zz");
    }

    @Test
    void onlyTheNameIsReplaced() {
        assertThat(ModelQuery.withModel(null, "b")).isNull();
        assertThat(ModelQuery.withModel("x=%2F&model=a&y", "b c/d")).isEqualTo("x=%2F&model=b+c%2Fd&y");
        assertThat(ModelQuery.withModel("m%6fdel=a", "b")).isEqualTo("model=b");
        assertThat(ModelQuery.withModel("x=1", "b")).isEqualTo("x=1");
    }
}
