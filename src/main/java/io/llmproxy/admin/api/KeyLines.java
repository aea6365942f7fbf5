package io.llmproxy.admin.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Client keys as lines of JSON, one a line: what {@code keys export} writes and {@code keys import} reads. */
public final class KeyLines {
    private static final Pattern HINT = Pattern.compile("[!-~]{1,20}");
    private static final Pattern KEY = Pattern.compile("[!-~]{8,512}");
    private static final Pattern BARE = Pattern.compile("[0-9A-Fa-f]{64}");

    private final List<Line> lines = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Integer> names = new HashMap<>();
    private final Map<KeyDigest, Integer> digests = new HashMap<>();

    private KeyLines() {}

    /**
     * A key.
     *
     * @param config what it is; its key is a digest
     * @param hint the first characters of the key; null if they are not known
     * @param forwards the names of the forwards that it opens; empty for all
     */
    public record Line(ClientKeyConfig config, @Nullable String hint, List<String> forwards) {}

    /**
     * What is wrong with a line.
     *
     * @param line its number, from 1
     * @param path the member
     * @param message what is wrong, and what was expected
     */
    public record Problem(int line, String path, String message) {}

    /**
     * What was read.
     *
     * @param keys the keys of the lines without problems
     * @param problems why the others are no keys
     */
    public record Read(List<Line> keys, List<Problem> problems) {
        /** Copies the lists. */
        public Read {
            keys = List.copyOf(keys);
            problems = List.copyOf(problems);
        }
    }

    /** Writes a key, without its end of line. */
    public static String write(IssuedKey key) {
        ObjectNode line = Json.MAPPER.createObjectNode();
        line.put("name", key.config().name());
        line.put("digest", key.digest().configured().reveal());
        if (key.hint() != null) {
            line.put("hint", key.hint());
        }
        ObjectNode body = Json.MAPPER.valueToTree(KeyBody.of(key));
        body.properties().forEach(member -> {
            if (!member.getValue().isNull()) {
                line.set(member.getKey(), member.getValue());
            }
        });
        return line.toString();
    }

    /** Reads keys; blank lines are none. */
    public static Read read(List<String> text) {
        KeyLines read = new KeyLines();
        for (int i = 0; i < text.size(); i++) {
            if (!text.get(i).isBlank()) {
                read.add(i + 1, text.get(i));
            }
        }
        return new Read(read.lines, read.problems);
    }

    private void add(int number, String text) {
        try {
            JsonNode tree = Json.MAPPER.readTree(text);
            if (!(tree instanceof ObjectNode object)) {
                problems.add(new Problem(number, "", "not a JSON object"));
                return;
            }
            JsonNode key = object.remove("key");
            JsonNode stated = object.remove("digest");
            JsonNode hint = object.remove("hint");
            KeyBody body = Json.MAPPER.treeToValue(object, KeyBody.class);
            List<Finding> found = new ArrayList<>(body.problems());
            Optional<KeyDigest> digest = digest(key, stated, found);
            String shown = key != null && key.isTextual() ? KeyViews.hint(key.textValue()) : hint(hint, found);
            if (found.isEmpty() && digest.isPresent()) {
                unique(number, body, digest.get(), found);
            }
            found.forEach(finding -> problems.add(new Problem(number, finding.path(), finding.message())));
            if (found.isEmpty() && digest.isPresent()) {
                lines.add(new Line(body.config(digest.get().configured()), shown, body.opens()));
            }
        } catch (JsonProcessingException e) {
            Refused refused = JsonBodies.unreadable(e);
            Finding finding = refused.problems().get(0);
            problems.add(new Problem(number, finding.path(), finding.message()));
        }
    }

    private static Optional<KeyDigest> digest(
            @Nullable JsonNode key, @Nullable JsonNode stated, List<Finding> problems) {
        if (key != null
                && stated == null
                && key.isTextual()
                && KEY.matcher(key.textValue()).matches()) {
            return KeyDigest.isDigest(key.textValue())
                    ? unread("key", problems)
                    : Optional.of(KeyDigest.of(key.textValue()));
        }
        if (stated == null || key != null || !stated.isTextual()) {
            return unread(key == null ? "digest" : "key", problems);
        }
        String text = stated.textValue();
        Optional<KeyDigest> digest = BARE.matcher(text).matches()
                ? KeyDigest.parse("sha256:" + text)
                : Optional.of(text).filter(KeyDigest::isDigest).flatMap(KeyDigest::parse);
        return digest.isPresent() ? digest : unread("digest", problems);
    }

    private static Optional<KeyDigest> unread(String path, List<Finding> problems) {
        problems.add(
                new Finding(
                        null,
                        path,
                        "missing or not valid (expected: digest with sha256: and 64 hexadecimal digits, or key with the key itself)"));
        return Optional.empty();
    }

    private static @Nullable String hint(@Nullable JsonNode hint, List<Finding> problems) {
        if (hint == null || hint.isNull()) {
            return null;
        }
        if (!hint.isTextual() || !HINT.matcher(hint.textValue()).matches()) {
            problems.add(
                    new Finding(null, "hint", "not a hint (expected: the first characters of the key, at most 20)"));
            return null;
        }
        return hint.textValue();
    }

    private void unique(int number, KeyBody body, KeyDigest digest, List<Finding> problems) {
        Integer sameName = names.putIfAbsent(String.valueOf(body.name()).toLowerCase(Locale.ROOT), number);
        if (sameName != null) {
            problems.add(new Finding(null, "name", "the same as in line " + sameName + " (expected: a unique name)"));
        }
        Integer sameKey = digests.putIfAbsent(digest, number);
        if (sameKey != null) {
            problems.add(new Finding(null, "digest", "the same as in line " + sameKey + " (expected: a unique key)"));
        }
    }
}
