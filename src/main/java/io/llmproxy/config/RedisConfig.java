package io.llmproxy.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The Redis or Valkey through which nodes share limits. */
@Switchable
public record RedisConfig(
        @Setting(
                "URL of Redis: `redis://host:6379`, or `rediss://host:6379` with TLS; append `/2` for another database. One of this, `sentinel` and `cluster` is needed.")
        @Nullable String url,

        @Setting("Redis Sentinel, instead of `url`: the sentinels say where the master is.") @Nullable SentinelConfig sentinel,

        @Setting("Redis Cluster, instead of `url`: its nodes say which of them has the keys.") @Nullable ClusterConfig cluster,

        @Setting("User (ACL).") @Nullable String user,

        @Setting("Password.") @Nullable Secret password,

        @Setting("PEM file with the authorities to trust instead of the system's, for TLS.") @Nullable Path caFile,

        @Setting(
                value = "Prefix of all keys in Redis. Gateways with the same prefix share their limits.",
                byDefault = "llmproxy")
        String prefix,

        @Setting(
                value =
                        "Timeout of a command; then Redis counts as unavailable. However long Redis takes, a request waits 50 ms at most for its limits.",
                byDefault = "40ms",
                min = 5,
                max = 50,
                unit = Unit.MILLISECONDS)
        Duration timeout,

        @Setting(
                value =
                        "How many gateways share the limits. It counts for `share` only until Redis has said how many there are. Without it, a gateway that starts while Redis is unavailable refuses what a limit per day, month or in total concerns.",
                min = 1,
                max = 10000)
        @Nullable Integer nodes) {}
