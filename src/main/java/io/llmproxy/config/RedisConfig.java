package io.llmproxy.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The Redis or Valkey through which nodes share limits. */
@Switchable
public record RedisConfig(
        @Setting(
                value =
                        "Where it is: `redis://host:6379`, or `rediss://host:6379` with TLS; `/2` behind it for another database.",
                required = true)
        String url,

        @Setting("User (ACL).") @Nullable String user,

        @Setting("Password.") @Nullable Secret password,

        @Setting("PEM file with the authorities to trust instead of the system's, with `rediss`.") @Nullable Path caFile,

        @Setting(
                value = "What its keys begin with. Gateways with the same prefix share their limits.",
                byDefault = "llmproxy")
        String prefix,

        @Setting(
                value = "How long an answer may take; after that it counts as away. No request waits longer for it.",
                byDefault = "40ms",
                min = 5,
                max = 50,
                unit = Unit.MILLISECONDS)
        Duration timeout) {}
