package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.quota.LeaseCall;
import io.llmproxy.quota.LeaseReply;
import io.llmproxy.tls.Pem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/** The connection to Redis or Valkey. For one thread; no call takes longer than the time-outs. */
final class RedisLink implements AutoCloseable {
    /** A node that was not heard of for so long does not count any more. */
    private static final Duration GONE = Duration.ofSeconds(10);

    private static final int CONNECT_MILLIS = 200;
    private static final int DEFAULT_PORT = 6379;
    /** What is written in memory, and read from there, needs a password nevertheless. */
    private static final String NO_SECRET = "none";

    private static final int PER_LIMIT = 4;
    private static final int BEFORE_LIMITS = 2;
    private static final String SCRIPT = read("lease.lua");
    private static final String SHA = sha1(SCRIPT);

    /** Redis begins its errors with a word for the program. */
    private static final Pattern CODE = Pattern.compile("([A-Z]{3,20})\\b.*", Pattern.DOTALL);

    private final RedisConfig config;
    private final String node;
    private final HostAndPort address;
    private @Nullable Jedis connection;

    /**
     * What the store answers.
     *
     * @param millis its time
     * @param nodes how many nodes it knows
     * @param replies one for each call
     */
    record Answer(long millis, int nodes, List<Reply> replies) {}

    /**
     * What it answers to one call.
     *
     * @param counted how it has counted it; null if it could not
     * @param refusal the code of the error, if it could not
     */
    record Reply(@Nullable LeaseReply counted, @Nullable String refusal) {}

    RedisLink(RedisConfig config, String node) {
        this.config = config;
        this.node = node;
        URI url = URI.create(config.url());
        this.address = new HostAndPort(url.getHost(), url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
    }

    /** What messages call it. */
    String name() {
        return address.toString();
    }

    void open() throws StoreAwayException {
        close();
        URI url = URI.create(config.url());
        String path = url.getPath() == null ? "" : url.getPath();
        Secret password = config.password();
        DefaultJedisClientConfig.Builder settings = DefaultJedisClientConfig.builder()
                .connectionTimeoutMillis(CONNECT_MILLIS)
                .socketTimeoutMillis((int) config.timeout().toMillis())
                .database(path.length() > 1 ? Integer.parseInt(path.substring(1)) : 0)
                .resp2()
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        if (password != null) {
            settings.user(config.user()).password(password.reveal());
        }
        try {
            if (url.getScheme().equals("rediss")) {
                settings.sslOptions(tls(config.caFile()));
            }
            Jedis opened = new Jedis(address, settings.build());
            connection = opened;
            opened.connect();
        } catch (JedisException e) {
            throw away(e);
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

    /**
     * Tells the store what limits have to say; nothing, to be known to it.
     *
     * @param number of what is said: said a second time under the same number, right after the first, it is done once
     */
    Answer say(long number, List<LeaseCall> calls) throws StoreAwayException {
        List<String> keys = new ArrayList<>();
        List<String> arguments = new ArrayList<>();
        // In a cluster, the part in braces puts all keys of one script on one server.
        String prefix = '{' + config.prefix() + "}:";
        keys.add(prefix + "nodes");
        keys.add(prefix + "answer:" + node);
        arguments.add(node);
        arguments.add(Long.toString(GONE.toMillis()));
        arguments.add(Long.toString(number));
        for (LeaseCall call : calls) {
            keys.add(prefix + "limit:" + call.key());
            arguments.add(call.kind().name());
            for (long figure : new long[] {
                call.size(), call.time(), call.delta(), call.least(), call.need(), call.want(), call.seen(), call.born()
            }) {
                arguments.add(Long.toString(figure));
            }
        }
        try {
            return answer(evaluate(keys, arguments), calls.size());
        } catch (JedisException e) {
            throw away(e);
        }
    }

    /** Proxies refuse to load scripts; the script itself goes along where the server does not know it. */
    private Object evaluate(List<String> keys, List<String> arguments) {
        Jedis open = Objects.requireNonNull(connection, "opened");
        try {
            return open.evalsha(SHA, keys, arguments);
        } catch (JedisNoScriptException e) {
            return open.eval(SCRIPT, keys, arguments);
        }
    }

    private static Answer answer(Object said, int calls) throws StoreAwayException {
        try {
            List<?> numbers = (List<?>) said;
            if (numbers.size() != BEFORE_LIMITS + PER_LIMIT * calls) {
                throw new IllegalArgumentException(numbers.size() + " numbers");
            }
            List<Reply> replies = new ArrayList<>();
            for (int at = BEFORE_LIMITS; at < numbers.size(); at += PER_LIMIT) {
                replies.add(reply(numbers, at));
            }
            return new Answer(number(numbers, 0), Math.toIntExact(number(numbers, 1)), replies);
        } catch (ClassCastException | IllegalArgumentException | ArithmeticException e) {
            throw new StoreAwayException("an invalid answer", e);
        }
    }

    private static Reply reply(List<?> numbers, int at) {
        String granted = (String) numbers.get(at);
        if (CODE.matcher(granted).matches()) {
            return new Reply(null, granted);
        }
        LeaseReply counted = new LeaseReply(
                number(numbers, at), number(numbers, at + 1), number(numbers, at + 2), number(numbers, at + 3));
        return new Reply(counted, null);
    }

    private static long number(List<?> numbers, int at) {
        return Long.parseLong((String) numbers.get(at));
    }

    /** What the store says itself may be anything: only its code is shown. */
    private static StoreAwayException away(JedisException e) {
        if (e instanceof JedisDataException) {
            Matcher code = CODE.matcher(String.valueOf(e.getMessage()));
            return new StoreAwayException("it answers " + (code.matches() ? code.group(1) : "an error"), e);
        }
        String reason = "the connection broke";
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                reason = "no answer in time";
            } else if (cause instanceof ConnectException) {
                reason = "no connection";
            } else if (cause instanceof UnknownHostException) {
                reason = "unknown host";
            } else if (cause instanceof SSLException) {
                reason = "no TLS connection";
            }
        }
        return new StoreAwayException(reason, e);
    }

    /** Ends the connection; what is under way is lost. */
    @Override
    public void close() {
        Jedis open = connection;
        connection = null;
        if (open != null) {
            try {
                open.getConnection().forceDisconnect();
            } catch (IOException | JedisException e) {
                // It was broken anyway.
            }
        }
    }

    private static String read(String name) {
        try (InputStream script = Objects.requireNonNull(RedisLink.class.getResourceAsStream(name), name)) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha1(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
