package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.admin.Numbers;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The credentials of maywzh's llm-proxy: the client keys that were issued. */
final class MaywzhCredentials {
    private static final Pattern ASCII = Pattern.compile("[!-~]{1,512}");
    private static final int PAGE = 1000;
    private static final int ATTEMPTS = 3;
    private static final int PREVIEW = 3;
    private static final int PREVIEW_OF_DIGEST = 6;
    private static final int DIGEST_BEGINS = "sha256:".length();
    private static final int MOST_PER_SECOND = 10_000;
    private static final String KEY = "key";
    private static final String NAME = "name";
    private static final String MODELS = "allowed_models";
    private static final String LIMIT = "rate_limit";
    private static final String ENABLED = "is_enabled";
    private static final List<String> SETTINGS = List.of(NAME, MODELS, LIMIT, ENABLED);
    private static final List<String> KNOWN =
            List.of(KEY, NAME, MODELS, LIMIT, ENABLED, "id", "key_preview", "created_at", "updated_at", "version");

    private final ConfigDocuments documents;
    private final Numbers numbers;
    private final IssuedKeys keys;
    private final Gateway gateway;
    private final KeyActs acts;
    private final AuditTrail audit;

    MaywzhCredentials(Gateway gateway) {
        this.gateway = gateway;
        this.documents = gateway.documents();
        this.numbers = gateway.numbers();
        this.keys = gateway.keys();
        this.acts = new KeyActs(gateway);
        this.audit = gateway.audit();
    }

    ObjectNode all() {
        List<IssuedKey> all = new ArrayList<>();
        String after = null;
        List<IssuedKey> page;
        do {
            page = keys.page("", null, after, PAGE);
            all.addAll(page);
            after = page.isEmpty() ? null : page.get(page.size() - 1).config().name();
        } while (page.size() == PAGE);
        Map<String, Long> ids = numbers.of(
                Numbers.Kind.CREDENTIAL, all.stream().map(IssuedKey::id).toList());
        ObjectNode whole = version();
        ArrayNode list = whole.putArray("credentials");
        all.stream()
                .sorted((one, other) -> Long.compare(number(ids, one), number(ids, other)))
                .forEach(key -> list.add(told(number(ids, key), key, preview(key))));
        return whole;
    }

    private static long number(Map<String, Long> ids, IssuedKey key) {
        return Objects.requireNonNull(ids.get(key.id()));
    }

    private ObjectNode version() {
        return Json.MAPPER.createObjectNode().put("version", documents.head().id());
    }

    private static ObjectNode told(long id, IssuedKey key, String preview) {
        KeyBody body = KeyBody.of(key);
        ObjectNode told = Json.MAPPER.createObjectNode();
        told.put("id", id).put(NAME, body.name()).put("key_preview", preview);
        told.set(MODELS, Json.MAPPER.valueToTree(body.allowedModels()));
        return told.put(LIMIT, body.requestsPerSecond())
                .put(ENABLED, key.config().enabled())
                .put("created_at", Times.told(key.createdAt()))
                .putNull("updated_at");
    }

    private static String preview(IssuedKey key) {
        return "***" + key.digest().configured().reveal().substring(DIGEST_BEGINS, DIGEST_BEGINS + PREVIEW_OF_DIGEST);
    }

    private static String preview(String key) {
        return key.length() <= 2 * PREVIEW
                ? "***"
                : key.substring(0, PREVIEW) + "***" + key.substring(key.length() - PREVIEW);
    }

    ObjectNode one(String id) {
        IssuedKey key = find(id);
        return answer(key, preview(key));
    }

    /** As one of that system's servers tells it, and as the other one does. */
    private ObjectNode answer(IssuedKey key, String preview) {
        long id = number(numbers.of(Numbers.Kind.CREDENTIAL, List.of(key.id())), key);
        ObjectNode told = told(id, key, preview);
        ObjectNode whole = version();
        whole.set("credential", told.deepCopy());
        return whole.setAll(told);
    }

    private IssuedKey find(String id) {
        String known = MaywzhBody.named(numbers, Numbers.Kind.CREDENTIAL, id);
        return (known == null ? Optional.<IssuedKey>empty() : keys.find(known))
                .orElseThrow(() -> new Refused(404, "not_found", "Credential with ID " + id + " not found"));
    }

    ObjectNode create(Act act, ObjectNode body) {
        requireStore();
        MaywzhBody.only(body, KNOWN);
        String key = key(MaywzhBody.text(body, KEY, "Key value is required"));
        String name = MaywzhBody.text(body, NAME, "Credential name is required");
        KeyBody wanted = merged(new KeyBody(null, null, null, null, null, null, null, null, null, null, null), body);
        acts.check(wanted, null);
        KeyDigest digest = KeyDigest.of(key);
        requireFree(digest);
        act.to(name);
        act.changes(Map.of(), KeyActs.told(wanted));
        IssuedKeys.Issued issued = KeyActs.stored(
                act,
                () -> keys.issue(
                        wanted.config(digest.configured()), KeyViews.hint(key), wanted.opens(), null, act.note()));
        return answer(issued.key(), preview(key));
    }

    /** A key that is empty stays as it is: pages send it so. */
    ObjectNode change(Act act, String id, ObjectNode body) {
        requireStore();
        MaywzhBody.only(body, KNOWN);
        if (!body.has(KEY) && SETTINGS.stream().noneMatch(body::has)) {
            throw new Refused(400, "invalid_request", "No fields to update");
        }
        String text = MaywzhBody.optional(body, KEY);
        String key = text == null || text.isEmpty() ? null : key(text);
        IssuedKey before = find(id);
        String fresh = key == null || KeyDigest.of(key).equals(before.digest()) ? null : key;
        if (fresh != null) {
            // Before anything is written: the settings and the key are two changes.
            requireFree(KeyDigest.of(fresh));
            if (keys.find(KeyDigest.of(fresh)).isPresent()) {
                throw new Refused(409, "conflict", "key: another credential has it already");
            }
        }
        IssuedKey changed = before;
        if (fresh == null || SETTINGS.stream().anyMatch(body::has)) {
            changed = changed(act, id, settings -> merged(settings, body));
        }
        if (fresh != null) {
            if (act.isKept()) {
                audit.kept(act.note());
            }
            act.begins("key.rotate", changed.config().name());
            changed = rotated(act, changed, fresh);
        }
        return answer(changed, key == null ? preview(changed) : preview(key)).put("status", "updated");
    }

    ObjectNode enable(Act act, String id, boolean enabled) {
        requireStore();
        ObjectNode body = Json.MAPPER.createObjectNode().put(ENABLED, enabled);
        IssuedKey key = changed(act, id, before -> merged(before, body));
        return version().put(ENABLED, key.config().enabled());
    }

    ObjectNode rotate(Act act, String id) {
        requireStore();
        String key = NewSecret.key();
        IssuedKey found = find(id);
        // Once the old key works no more, nothing may fail before the new one is told.
        ObjectNode told = version();
        act.to(found.config().name());
        rotated(act, found, key);
        return told.put("new_key", key)
                .put("message", "Key rotated. Save the new key: it is shown this once, and the old one works no more.");
    }

    void remove(Act act, String id) {
        requireStore();
        IssuedKey key = find(id);
        act.to(key.config().name());
        act.changes(KeyActs.told(KeyBody.of(key)), Map.of());
        stored(act, () -> {
            keys.delete(key, act.note());
            return key;
        });
    }

    /** That API knows no status for what was changed by another at the same time but this one. */
    private static <T> T stored(Act act, KeyActs.Storing<T> storing) {
        try {
            return KeyActs.stored(act, storing);
        } catch (Refused refused) {
            throw refused.status() == 412 ? conflict() : refused;
        }
    }

    private static Refused conflict() {
        return new Refused(409, "conflict", "Others change the key at the same time; try again.");
    }

    /** If others change the key at the same time, the change is made to what they have made of it. */
    private IssuedKey changed(Act act, String id, UnaryOperator<KeyBody> change) {
        for (int attempt = 1; ; attempt++) {
            IssuedKey key = find(id);
            KeyBody wanted = change.apply(KeyBody.of(key));
            acts.check(wanted, key);
            act.to(key.config().name());
            act.changes(KeyActs.told(KeyBody.of(key)), KeyActs.told(wanted));
            try {
                return KeyActs.stored(
                        act, () -> keys.change(key, wanted.config(key.config().key()), wanted.opens(), act.note()));
            } catch (Refused refused) {
                if (refused.status() != 412) {
                    throw refused;
                }
                if (attempt == ATTEMPTS) {
                    throw conflict();
                }
            }
        }
    }

    private IssuedKey rotated(Act act, IssuedKey key, String text) {
        act.changes(Map.of(NAME, key.config().name()), Map.of("grace_seconds", 0));
        return stored(act, () -> keys.rotate(key, KeyDigest.of(text), KeyViews.hint(text), Duration.ZERO, act.note()));
    }

    /** What that API does not know stays as it is. */
    private static KeyBody merged(KeyBody before, ObjectNode body) {
        String name = MaywzhBody.optional(body, NAME);
        List<String> models = body.has(MODELS) ? MaywzhBody.texts(body, MODELS) : before.allowedModels();
        boolean enabled = MaywzhBody.flag(body, ENABLED, before.enabled() == null || before.enabled());
        Integer limit = body.has(LIMIT) ? limit(body) : before.requestsPerSecond();
        return new KeyBody(
                name == null ? before.name() : name,
                enabled,
                before.expiresAt(),
                models,
                limit,
                Objects.equals(limit, before.requestsPerSecond()) ? before.burstSize() : limit,
                before.maxConcurrent(),
                before.explain(),
                before.forwards(),
                before.scope(),
                before.limits());
    }

    /** That system counts requests of each second, so that as many may come at once. */
    private static @Nullable Integer limit(ObjectNode body) {
        if (body.path(LIMIT).isInt() && body.path(LIMIT).asInt() == 0) {
            throw Refused.invalid(
                    LIMIT,
                    "0 would refuse every request (expected: 1 or more, or null for no limit; is_enabled: false switches"
                            + " the credential off)");
        }
        return MaywzhBody.number(body, LIMIT, 1, MOST_PER_SECOND);
    }

    private static String key(String text) {
        if (!ASCII.matcher(text).matches()) {
            throw Refused.invalid(KEY, "not a key (expected: at most 512 characters of ASCII without spaces)");
        }
        return text;
    }

    private void requireFree(KeyDigest digest) {
        boolean configured = KeyViews.all(gateway.current().get().config())
                .anyMatch(placed -> KeyDigest.configured(placed.key().key()).equals(digest));
        if (configured) {
            throw new Refused(409, "conflict", "key: a key of the configuration has it already");
        }
    }

    private void requireStore() {
        if (!keys.isWritable()) {
            throw new UnavailableException(
                    Unavailable.READ_ONLY,
                    "The configuration is a file: change its keys and reload it, or start with a store.");
        }
    }
}
