package io.llmproxy.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The database that holds the configuration, and how this node follows it. */
@Switchable
public record StoreConfig(
        @Setting(
                "JDBC URL of a PostgreSQL database, such as `jdbc:postgresql://db.example.com/llmproxy`. Default: the container's DataSource `jdbc/llmproxy`, else an H2 database in `directory`.")
        @Nullable String url,

        @Setting("User of the database at `url`.") @Nullable String user,

        @Setting("Password of the database at `url`.") @Nullable Secret password,

        @Setting(
                "Directory of this node's state: the H2 database, the last good configuration and the node's identity. Default: `$STATE_DIRECTORY`; else `state` beside the file; without a file, `llmproxy` in the container's base directory.")
        @Nullable Path directory,

        @Setting("Configuration that becomes version 1 if the store is empty and this node has served nothing before.")
        @Nullable Path seed,

        @Setting(
                value = "How often this node looks for a new version; each pause varies by up to a fifth.",
                byDefault = "2s",
                min = 0.05,
                max = 3600,
                unit = Unit.SECONDS)
        Duration poll,

        @Setting(
                value =
                        "How long the start waits for the database before this node serves the last good configuration.",
                byDefault = "3s",
                min = 0.1,
                max = 300,
                unit = Unit.SECONDS)
        Duration timeout,

        @Setting(
                value =
                        "What the start does if the tables are missing or old: make and change them, or refuse. `llmproxy.jar db migrate` does it too.",
                byDefault = "auto")
        Migrate migrate,

        @Setting(
                "Key that encrypts the secrets in the store, and the last good configuration and the digests of client keys on disk: at least 16 characters, preferably random. All nodes of a store need the same. Without it, secrets in H2 are encrypted with a key that is created in `directory`, and secrets cannot be stored in PostgreSQL.")
        @Nullable Secret key,

        @Setting("Previous or next keys, for decryption only. `secrets rotate` encrypts all secrets with `key`.")
        List<Secret> oldKeys,

        @Setting("Name of this node, instead of the host's.") @Nullable String node,

        @Setting(
                value =
                        "If the store was unreachable for this long, unknown client keys get 503 instead of 401, because they may be new.",
                byDefault = "60s",
                min = 1,
                max = 31536000,
                unit = Unit.SECONDS)
        Duration keysStaleAfter,

        @Setting(
                value = "How long the store keeps what all nodes have used in each hour; `0` keeps it.",
                byDefault = "9600h",
                min = 0,
                max = 100L * 366 * 24 * 3600,
                unit = Unit.SECONDS)
        Duration usageRetainFor,

        @Setting(
                "Database of another system, which goes on saying what is served: each change of it becomes a version of this store. It is only read.")
        @Nullable FollowConfig follow) {
    /** What the start does about old tables. */
    public enum Migrate {
        /** Changes them. */
        AUTO,
        /** Refuses them. */
        CHECK
    }
}
