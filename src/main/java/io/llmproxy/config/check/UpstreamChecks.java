package io.llmproxy.config.check;

import io.llmproxy.config.AuthConfig;
import io.llmproxy.config.CooldownConfig;
import io.llmproxy.config.Durations;
import io.llmproxy.config.HeaderConfig;
import io.llmproxy.config.HeaderLineConfig;
import io.llmproxy.config.HeaderSyntax;
import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.Secret;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.UrlHost;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks an upstream's credentials and headers. Says nothing that a credential could be guessed from. */
final class UpstreamChecks {
    private static final Pattern TARGET = Pattern.compile("/[\\x21-\\x7E]*");

    private static final Pattern API_VERSION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final Problems problems;
    private final TlsChecks tlsChecks;

    UpstreamChecks(Problems problems, TlsChecks tlsChecks) {
        this.problems = problems;
        this.tlsChecks = tlsChecks;
    }

    void check(String path, UpstreamConfig upstream) {
        checkAuth(YamlPath.key(path, "auth"), upstream.auth(), upstream.provider());
        checkApiVersion(YamlPath.key(path, "api_version"), upstream.apiVersion(), upstream.provider());
        YamlPath.forEach(YamlPath.key(path, "headers"), upstream.headers(), this::checkHeader);
        tlsChecks.checkUpstream(YamlPath.key(path, "tls"), upstream.tls());
        checkVerifiable(YamlPath.key(path, "url"), upstream);
        HealthCheckConfig healthCheck = upstream.healthCheck();
        if (healthCheck != null) {
            checkHealthCheck(YamlPath.key(path, "health_check"), healthCheck);
        }
        CooldownConfig cooldown = upstream.rateLimited();
        if (cooldown.otherwise().compareTo(cooldown.max()) > 0) {
            String max = YamlPath.key(YamlPath.key(path, "rate_limited"), "max");
            problems.error(max, Durations.format(cooldown.max()) + " (expected: at least rate_limited.otherwise)");
        }
    }

    private void checkVerifiable(String path, UpstreamConfig upstream) {
        if (problems.failed(path)) {
            return;
        }
        boolean https = "https".equalsIgnoreCase(upstream.url().getScheme());
        boolean verifiable =
                UrlHost.of(upstream.url()).map(UrlHost::isVerifiable).orElse(true);
        if (https && upstream.tls().verify() && !verifiable) {
            problems.error(
                    path,
                    "https with an underscore in the host name: Java accepts no certificate for it"
                            + " (expected: no underscore, http, or tls.verify: false)");
        }
    }

    private void checkHealthCheck(String path, HealthCheckConfig check) {
        String target = check.path();
        if (target != null && !TARGET.matcher(target).matches()) {
            String at = YamlPath.key(path, "path");
            problems.error(at, problems.shown(at, target) + " (expected: a path that starts with a slash)");
        }
        String method = YamlPath.key(path, "method");
        if (!HeaderSyntax.isName(check.method())) {
            problems.error(method, problems.shown(method, check.method()) + " (expected: a method)");
        }
        checkHeaders(YamlPath.key(path, "headers"), check.headers());
    }

    /** Checks headers of a request of our own. */
    void checkHeaders(String path, List<HeaderLineConfig> headers) {
        YamlPath.forEach(path, headers, (at, header) -> {
            checkName(at, header.key());
            checkFieldValue(YamlPath.key(at, "value"), header.value(), "a value");
        });
    }

    private void checkApiVersion(String path, @Nullable String version, Provider provider) {
        if (version == null) {
            return;
        }
        if (provider != Provider.AZURE_OPENAI && provider != Provider.ANTHROPIC) {
            problems.warn(path, "has no effect (expected: provider azure_openai or anthropic)");
        } else if (!API_VERSION.matcher(version).matches()) {
            problems.error(path, problems.shown(path, version) + " (expected: a version such as 2024-10-21)");
        }
    }

    private void checkAuth(String path, AuthConfig auth, Provider provider) {
        if (problems.failed(path)) {
            return;
        }
        switch (auth.type()) {
            case BEARER -> checkKeys(path, auth, "bearer");
            case API_KEY -> {
                checkKeys(path, auth, "api_key");
                checkKeyHeader(YamlPath.key(path, "header"), auth.header(), provider);
            }
            case BASIC -> {
                checkUsername(YamlPath.key(path, "username"), auth.username());
                checkPresent(YamlPath.key(path, "password"), auth.password(), "a password, because auth.type is basic");
            }
            case GOOGLE -> checkServiceAccount(YamlPath.key(path, "service_account_file"), auth.serviceAccountFile());
            case NONE -> {
                if (auth.token() != null
                        || !auth.keys().isEmpty()
                        || auth.username() != null
                        || auth.password() != null
                        || auth.serviceAccountFile() != null) {
                    problems.warn(
                            path, "the credential has no effect (expected: type bearer, api_key, basic or google)");
                }
            }
        }
    }

    private void checkKeys(String path, AuthConfig auth, String type) {
        String token = YamlPath.key(path, "token");
        String keys = YamlPath.key(path, "keys");
        if (auth.keys().isEmpty() && !problems.failed(keys)) {
            checkFieldValue(token, auth.token(), "a token, because auth.type is " + type);
        }
        Map<Secret, String> seen = new HashMap<>();
        YamlPath.forEach(keys, auth.keys(), (itemPath, item) -> {
            String at = YamlPath.key(itemPath, "key");
            if (problems.failed(itemPath)) {
                return;
            }
            checkFieldValue(at, item.key(), "a key");
            String other = seen.putIfAbsent(item.key(), itemPath);
            if (other != null) {
                problems.error(at, "the same key as " + other + " (expected: each key once)");
            }
        });
        if (!auth.keys().isEmpty() && auth.token() != null) {
            problems.error(keys, "given together with auth.token (expected: one of the two)");
        }
    }

    private void checkKeyHeader(String path, @Nullable String header, Provider provider) {
        if (header == null) {
            if (provider == Provider.CUSTOM) {
                problems.error(
                        path, "missing (expected: the header that holds the key, because the provider is not known)");
            }
        } else if (!HeaderSyntax.isName(header)) {
            problems.error(path, problems.shown(path, header) + " (expected: the name of a header)");
        } else if (HeaderSyntax.isOfConnection(header)) {
            problems.error(path, header + " (expected: a header that does not belong to the connection)");
        }
    }

    private void checkServiceAccount(String path, @Nullable Path file) {
        if (file == null) {
            problems.error(
                    path, "missing (expected: a file with the key of a service account, because auth.type is google)");
        }
        new FileChecks(problems).checkReadable(path, file);
    }

    private void checkUsername(String path, @Nullable String username) {
        Secret value = username == null ? null : new Secret(username);
        checkPresent(path, value, "a user name, because auth.type is basic");
        if (username != null && username.contains(":")) {
            problems.error(path, "user name contains a colon (expected: none; the colon ends the name)");
        }
    }

    private void checkHeader(String path, HeaderConfig header) {
        if (problems.failed(path)) {
            return;
        }
        checkName(path, header.key());
        if (header.op() != HeaderConfig.Op.REMOVE) {
            checkFieldValue(YamlPath.key(path, "value"), header.value(), "a value to insert or replace");
        }
    }

    private void checkName(String path, String name) {
        String key = YamlPath.key(path, "key");
        if (!HeaderSyntax.isName(name)) {
            problems.error(key, problems.shown(key, name) + " (expected: the name of a header)");
        } else if (HeaderSyntax.isOfConnection(name)) {
            problems.error(key, name + " (expected: a header that does not belong to the connection)");
        }
    }

    private void checkFieldValue(String path, @Nullable Secret value, String expectation) {
        checkPresent(path, value, expectation);
        if (value != null && !HeaderSyntax.isValue(value.reveal())) {
            problems.error(
                    path, "a line break or another character that no header may hold (expected: printable text)");
        }
    }

    private void checkPresent(String path, @Nullable Secret value, String expectation) {
        if (value == null) {
            problems.error(path, "missing (expected: " + expectation + ")");
        } else if (value.reveal().isBlank()) {
            problems.error(path, "blank (expected: " + expectation + ")");
        }
    }
}
