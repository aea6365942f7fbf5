package io.llmproxy.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.Secret;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseUrlTest {
    @Test
    void oneOfJdbcStaysAsItIs() throws UsageException {
        String url = "jdbc:postgresql://db:5433/llm?user=reader";
        assertThat(DatabaseUrl.of(url)).isEqualTo(new DatabaseUrl(url, null, null));
    }

    @Test
    void oneOfOtherProgramsIsTakenApart() throws UsageException {
        assertThat(DatabaseUrl.of("postgresql://reader:p%40ss+w@db:5433/llm?sslmode=require"))
                .isEqualTo(new DatabaseUrl(
                        "jdbc:postgresql://db:5433/llm?sslmode=require", "reader", new Secret("p@ss+w")));
        assertThat(DatabaseUrl.of("postgresql+asyncpg://reader@db/llm"))
                .isEqualTo(new DatabaseUrl("jdbc:postgresql://db/llm", "reader", null));
        assertThat(DatabaseUrl.of("postgres://db/llm"))
                .isEqualTo(new DatabaseUrl("jdbc:postgresql://db/llm", null, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql://root:canary@db/llm", "postgresql:///canary", "postgres://a:can ary@db/x", "db"})
    void othersAreRefusedAndNotShown(String url) {
        assertThatThrownBy(() -> DatabaseUrl.of(url))
                .isInstanceOf(UsageException.class)
                .hasMessage("the URL of the database (expected: jdbc:postgresql://host/database, or"
                        + " postgresql://user:password@host/database)");
    }
}
