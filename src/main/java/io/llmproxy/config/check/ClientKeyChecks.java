package io.llmproxy.config.check;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checks the keys of clients, each by itself and among those that one forward knows. Shows none of them. */
public final class ClientKeyChecks {
    /** A longer key is none of ours. */
    static final int LONGEST = 512;

    private static final int SHORTEST = 8;
    private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7E]+");

    private final Problems problems;
    private final Map<String, KeyDigest> digests = new HashMap<>();

    public ClientKeyChecks(Problems problems) {
        this.problems = problems;
    }

    /** A list of keys, and where it stands. */
    private record KeyList(String path, List<ClientKeyConfig> keys, boolean ofUpstream) {}

    /** The first key of a name, or with a secret. */
    private record Known(String path, ClientKeyConfig key, boolean ofUpstream) {
        /** Several upstreams may share a key, if it is the same one in every respect. */
        boolean isShared(ClientKeyConfig other, boolean otherOfUpstream) {
            return ofUpstream && otherOfUpstream && key.equals(other);
        }
    }

    public void check(ProxyConfig config) {
        KeyList global = new KeyList("keys", config.keys(), false);
        checkEach(global);
        Map<String, KeyList> ofUpstreams = new HashMap<>();
        YamlPath.forEach("upstreams", config.upstreams(), (path, upstream) -> {
            KeyList keys = new KeyList(YamlPath.key(path, "keys"), upstream.keys(), true);
            checkEach(keys);
            new Scope().add(keys);
            ofUpstreams.putIfAbsent(upstream.name(), keys);
        });
        YamlPath.forEach("http_server.forwards", config.httpServer().forwards(), (path, forward) -> {
            KeyList own = new KeyList(YamlPath.key(path, "keys"), forward.keys(), false);
            checkEach(own);
            Scope scope = new Scope();
            scope.add(global);
            scope.add(own);
            config.reachable(forward).stream()
                    .flatMap(name -> Stream.ofNullable(ofUpstreams.get(name)))
                    .forEach(scope::add);
        });
    }

    private void checkEach(KeyList list) {
        YamlPath.forEach(list.path(), list.keys(), this::checkKey);
    }

    private void checkKey(String path, ClientKeyConfig key) {
        String name = YamlPath.key(path, "name");
        if (key.name().isBlank()) {
            problems.error(name, problems.shown(name, key.name()) + " (expected: a name)");
        }
        String secret = YamlPath.key(path, "key");
        if (!problems.failed(secret)) {
            checkSecret(secret, key.key().reveal());
        }
    }

    private void checkSecret(String path, String secret) {
        Optional<KeyDigest> digest = KeyDigest.parse(secret);
        if (secret.isBlank()) {
            problems.error(path, "blank (expected: a key)");
        } else if (digest.isEmpty()) {
            problems.error(path, "not a digest (expected: sha256: and 64 hexadecimal digits)");
        } else if (!PRINTABLE.matcher(secret).matches()) {
            problems.error(path, "a space or another character that no key may hold (expected: printable ASCII)");
        } else if (secret.length() > LONGEST) {
            problems.error(path, "too long (expected: at most " + LONGEST + " characters)");
        } else {
            digests.put(path, digest.get());
            if (secret.length() < SHORTEST) {
                problems.warn(path, "too short, can be guessed (expected: at least " + SHORTEST + " characters)");
            }
        }
    }

    /** The keys that can meet in one place. */
    private final class Scope {
        private final Map<String, Known> names = new HashMap<>();
        private final Map<KeyDigest, Known> secrets = new HashMap<>();

        void add(KeyList list) {
            YamlPath.forEach(list.path(), list.keys(), (path, key) -> {
                Known known = new Known(path, key, list.ofUpstream());
                checkName(YamlPath.key(path, "name"), known);
                checkSecret(YamlPath.key(path, "key"), known);
            });
        }

        private void checkName(String path, Known added) {
            Known first = names.putIfAbsent(added.key().name(), added);
            if (first != null && !first.isShared(added.key(), added.ofUpstream())) {
                String shown = problems.shown(path, added.key().name());
                problems.error(
                        path,
                        "Duplicate key name '" + shown + "' (expected: a unique name; " + first.path()
                                + " has this one)");
            }
        }

        private void checkSecret(String path, Known added) {
            KeyDigest digest = digests.get(path);
            Known first = digest == null ? null : secrets.putIfAbsent(digest, added);
            if (first != null && !first.isShared(added.key(), added.ofUpstream())) {
                problems.error(path, "the same key as " + first.path() + " (expected: a unique key)");
            }
        }
    }
}
