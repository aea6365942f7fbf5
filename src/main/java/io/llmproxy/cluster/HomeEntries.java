package io.llmproxy.cluster;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** What Redis has of things that upstreams keep. For one thread. */
final class HomeEntries {
    /** In the place of what no node has written. */
    static final String FOREIGN = "?";

    private static final Script HOMES = Script.of("homes.lua");
    private static final int FIELD_BYTES = 15;

    private final RedisLink link;
    private final String prefix;

    HomeEntries(RedisLink link) {
        this.link = link;
        // In a cluster, the part in braces puts all keys of one script on one server.
        this.prefix = '{' + link.config().prefix() + "}:homes:";
    }

    /**
     * What Redis answers.
     *
     * @param born tells its data from those that it had before it lost them
     * @param known what is known of each identifier; empty if that is nothing, or what was said
     */
    record Answer(String born, List<String> known) {}

    /**
     * Tells of some identifiers, or asks.
     *
     * @param texts what is known of each of them here; empty to ask
     */
    Answer say(List<String> ids, List<String> texts) throws StoreAwayException {
        List<String> keys = new ArrayList<>();
        List<String> arguments = new ArrayList<>();
        keys.add(prefix + "born");
        for (int i = 0; i < ids.size(); i++) {
            byte[] digest = digest(ids.get(i));
            keys.add(prefix + hash(digest));
            arguments.add(Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(Arrays.copyOfRange(digest, 2, 2 + FIELD_BYTES)));
            arguments.add(texts.get(i));
        }
        Object said = link.evaluate(HOMES, keys, arguments);
        try {
            List<String> words =
                    RedisLink.list(said).stream().map(String.class::cast).toList();
            if (words.size() != ids.size() + 1) {
                throw new IllegalArgumentException(words.size() + " words");
            }
            return new Answer(words.get(0), words.subList(1, words.size()));
        } catch (ClassCastException | IllegalArgumentException e) {
            throw StoreAwayException.invalid(e);
        }
    }

    /** The name of the hash with an identifier. */
    static String hash(String id) {
        return hash(digest(id));
    }

    /** One of 4,096: each hash is so small that Redis keeps it in one piece. */
    private static String hash(byte[] digest) {
        return HexFormat.of().formatHex(digest, 0, 2).substring(0, 3);
    }

    /** What Redis has says nothing of the identifier. */
    private static byte[] digest(String id) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(("resource\n" + id).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
