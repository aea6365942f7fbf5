package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SentinelConfig;
import io.llmproxy.tls.Pem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Collections;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Connects to Redis, and in the same way to its sentinels.
 *
 * @param tls whether with TLS
 * @param authorities a file with those that are trusted; null for the system's
 */
record RedisConnector(boolean tls, @Nullable Path authorities) {
    static final int DEFAULT_PORT = 6379;
    static final Duration CONNECT = Duration.ofMillis(200);

    /** What is written in memory, and read from there, needs a password nevertheless. */
    private static final String NO_SECRET = "none";

    static RedisConnector of(RedisConfig config) {
        return new RedisConnector(isSecure(config), config.caFile());
    }

    private static boolean isSecure(RedisConfig config) {
        if (config.cluster() != null) {
            return config.cluster().tls();
        }
        SentinelConfig sentinel = config.sentinel();
        return sentinel == null ? url(config).getScheme().equals("rediss") : sentinel.tls();
    }

    /** Whether two configurations name the same Redis, and the same keys in it, however it is reached. */
    static boolean isSamePlace(RedisConfig one, RedisConfig other) {
        if (!one.prefix().equals(other.prefix())) {
            return false;
        }
        if (one.cluster() != null && other.cluster() != null) {
            return !Collections.disjoint(one.cluster().nodes(), other.cluster().nodes());
        }
        if (one.url() != null && other.url() != null) {
            URI url = url(one);
            URI next = url(other);
            return address(url).equals(address(next)) && database(url) == database(next);
        }
        SentinelConfig sentinel = one.sentinel();
        SentinelConfig others = other.sentinel();
        if (sentinel == null || others == null) {
            return false;
        }
        return sentinel.master().equals(others.master())
                && sentinel.database() == others.database()
                && !Collections.disjoint(sentinel.nodes(), others.nodes());
    }

    static HostAndPort address(URI url) {
        return new HostAndPort(url.getHost(), url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
    }

    static int database(URI url) {
        String path = Objects.requireNonNullElse(url.getPath(), "");
        return path.length() > 1 ? Integer.parseInt(path.substring(1)) : 0;
    }

    static URI url(RedisConfig config) {
        return URI.create(Objects.requireNonNull(config.url(), "checked with the configuration"));
    }

    /**
     * Opens a connection, and signs in.
     *
     * @param user for ACLs; null without
     * @param password null if none is wanted
     * @param longest that it takes to connect
     * @param timeout of each answer
     */
    Jedis open(
            HostAndPort address,
            int database,
            @Nullable String user,
            @Nullable Secret password,
            Duration longest,
            Duration timeout)
            throws StoreAwayException {
        DefaultJedisClientConfig.Builder settings = DefaultJedisClientConfig.builder()
                .connectionTimeoutMillis((int) longest.toMillis())
                .socketTimeoutMillis((int) timeout.toMillis())
                .database(database)
                .resp2()
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        if (password != null) {
            settings.user(user).password(password.reveal());
        }
        if (tls) {
            settings.sslOptions(tls(authorities));
        }
        try {
            return new Jedis(address, settings.build());
        } catch (JedisException e) {
            throw StoreAwayException.of(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw StoreAwayException.invalid(e);
        }
    }

    /** The host's name is checked; so is its certificate, by the system's authorities unless there is a file of others. */
    private static SslOptions tls(@Nullable Path authorities) throws StoreAwayException {
        SslOptions.Builder options = SslOptions.builder().sslVerifyMode(SslVerifyMode.FULL);
        if (authorities == null) {
            return options.build();
        }
        try {
            KeyStore trusted = Pem.trustStore(authorities);
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            trusted.store(written, NO_SECRET.toCharArray());
            return options.trustStoreType(trusted.getType())
                    .truststore(() -> new ByteArrayInputStream(written.toByteArray()), NO_SECRET.toCharArray())
                    .build();
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            throw new StoreAwayException("its authorities cannot be read from " + authorities, e);
        }
    }

    /** Ends a connection at once; what is under way is lost. */
    static void end(Jedis connection) {
        try {
            connection.getConnection().forceDisconnect();
        } catch (IOException | JedisException e) {
            // It was broken anyway.
        }
    }
}
