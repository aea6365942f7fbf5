package io.llmproxy.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * What Redis does in one step.
 *
 * @param text in Lua
 * @param sha by which Redis knows it
 */
record Script(String text, String sha) {
    /** Returns one of this package's. */
    static Script of(String name) {
        try (InputStream script = Objects.requireNonNull(Script.class.getResourceAsStream(name), name)) {
            String text = new String(script.readAllBytes(), StandardCharsets.UTF_8);
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return new Script(text, HexFormat.of().formatHex(digest));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Proxies refuse to load scripts; the script itself goes along where the server does not know it. */
    @Nullable Object evaluate(Jedis open, Patience patience, List<String> keys, List<String> arguments) {
        patience.bound(open);
        try {
            return open.evalsha(sha, keys, arguments);
        } catch (JedisNoScriptException e) {
            patience.bound(open);
            return open.eval(text, keys, arguments);
        }
    }

    /** To be used where keys of a cluster are on their way to a server, which has to be told that it was asked for. */
    @Nullable Object evaluateAsked(Jedis open, Patience patience, List<String> keys, List<String> arguments) {
        patience.bound(open);
        open.asking();
        patience.bound(open);
        return open.eval(text, keys, arguments);
    }
}
