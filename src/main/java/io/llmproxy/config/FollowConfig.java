package io.llmproxy.config;

import org.jspecify.annotations.Nullable;

/** The database of another system, which goes on saying what is served. */
@Switchable
public record FollowConfig(
        @Setting(value = "System whose database it is.", byDefault = "maywzh")
        Origin system,

        @Setting(
                value = "JDBC URL of its PostgreSQL database, such as `jdbc:postgresql://db.example.com/llm_proxy`.",
                required = true)
        String url,

        @Setting("User of that database; `select` on its tables is enough.") @Nullable String user,

        @Setting("Password of that user.") @Nullable Secret password) {
    /** A system with such a database. */
    public enum Origin {
        /** The llm-proxy of maywzh. */
        MAYWZH
    }
}
