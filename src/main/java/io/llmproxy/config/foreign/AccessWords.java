package io.llmproxy.config.foreign;

import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tells by its name whether a key of a foreign file is about who may call: a credential, a list of keys, a permission. Such a
 * key must not be skipped, because a gateway without it is open to callers that its owner keeps out.
 */
final class AccessWords {
    private static final Pattern BETWEEN_WORDS =
            Pattern.compile("[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

    /** What words end with that are written as one, such as {@code masterkey}. */
    private static final Pattern COMPOUND =
            Pattern.compile(".+(?:key|keys|secret|secrets|token|tokens|auth|whitelist|blacklist|allowlist|denylist)"
                    + "|(?:allow|allowed|deny|denied|ban|banned|trusted)ips?|passphrases?|passcodes?");

    private static final Set<String> WORDS = Set.of(
            "access",
            "accounts",
            "acl",
            "acls",
            "allow",
            "allowed",
            "allowlist",
            "apikey",
            "apikeys",
            "auth",
            "authentication",
            "authorization",
            "authorized",
            "ban",
            "banned",
            "bearer",
            "block",
            "blocked",
            "blocklist",
            "cidr",
            "cidrs",
            "credential",
            "credentials",
            "denied",
            "deny",
            "denylist",
            "firewall",
            "forbid",
            "forbidden",
            "jwt",
            "key",
            "keys",
            "ldap",
            "login",
            "mtls",
            "oauth",
            "oauth2",
            "oidc",
            "passwd",
            "password",
            "passwords",
            "permission",
            "permissions",
            "permit",
            "permitted",
            "policies",
            "policy",
            "rbac",
            "restrict",
            "restricted",
            "restrictions",
            "role",
            "roles",
            "saml",
            "scope",
            "scopes",
            "secret",
            "secrets",
            "sso",
            "token",
            "tokens",
            "user",
            "users",
            "blacklist",
            "whitelist");

    /** Tokens that are counted are pieces of text. */
    private static final Set<String> COUNTS =
            Set.of("max", "min", "input", "output", "per", "count", "limit", "cost", "total");

    private AccessWords() {}

    /** Whether a name speaks of access. */
    static boolean in(String name) {
        Set<String> words = BETWEEN_WORDS
                .splitAsStream(name)
                .map(word -> word.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
        boolean counts = words.stream().anyMatch(COUNTS::contains);
        return words.stream()
                .filter(word -> !(counts && (word.equals("token") || word.equals("tokens"))))
                .anyMatch(word -> WORDS.contains(word)
                        || (COMPOUND.matcher(word).matches() && COUNTS.stream().noneMatch(word::startsWith)));
    }

    /** Whether any key within a tree speaks of access. */
    static boolean within(YamlTree tree) {
        if (tree instanceof Mapping mapping) {
            return mapping.entries().entrySet().stream()
                    .anyMatch(entry -> in(entry.getKey()) || within(entry.getValue()));
        }
        return tree instanceof Sequence sequence && sequence.items().stream().anyMatch(AccessWords::within);
    }
}
