package io.llmproxy.config;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks an upstream's credentials and headers. Says nothing that a credential could be guessed from. */
final class UpstreamChecks {
    private static final Pattern TARGET = Pattern.compile("/[\\x21-\\x7E]*");

    private final Problems problems;
    private final TlsChecks tlsChecks;

    UpstreamChecks(Problems problems, TlsChecks tlsChecks) {
        this.problems = problems;
        this.tlsChecks = tlsChecks;
    }

    void check(String path, UpstreamConfig upstream) {
        checkAuth(YamlPath.key(path, "auth"), upstream.auth());
        YamlPath.forEach(YamlPath.key(path, "headers"), upstream.headers(), this::checkHeader);
        tlsChecks.checkUpstream(YamlPath.key(path, "tls"), upstream.tls());
        HealthCheckConfig healthCheck = upstream.healthCheck();
        if (healthCheck != null) {
            checkHealthCheck(YamlPath.key(path, "health_check"), healthCheck);
        }
        CooldownConfig cooldown = upstream.rateLimited();
        if (cooldown.otherwise().compareTo(cooldown.max()) > 0) {
            String max = YamlPath.key(YamlPath.key(path, "rate_limited"), "max");
            problems.error(max, cooldown.max().toSeconds() + " (expected: at least otherwise)");
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
        YamlPath.forEach(YamlPath.key(path, "headers"), check.headers(), (at, header) -> {
            checkName(at, header.key());
            checkFieldValue(YamlPath.key(at, "value"), header.value(), "a value");
        });
    }

    private void checkAuth(String path, AuthConfig auth) {
        if (problems.failed(path)) {
            return;
        }
        switch (auth.type()) {
            case BEARER ->
                checkFieldValue(YamlPath.key(path, "token"), auth.token(), "a token, as auth.type is bearer");
            case BASIC -> {
                checkUsername(YamlPath.key(path, "username"), auth.username());
                checkPresent(YamlPath.key(path, "password"), auth.password(), "a password, as auth.type is basic");
            }
            case NONE -> {
                if (auth.token() != null || auth.username() != null || auth.password() != null) {
                    problems.warn(path, "the credential has no effect (expected: type bearer or basic)");
                }
            }
        }
    }

    private void checkUsername(String path, @Nullable String username) {
        Secret value = username == null ? null : new Secret(username);
        checkPresent(path, value, "a user name, as auth.type is basic");
        if (username != null && username.contains(":")) {
            problems.error(path, "a user name with a colon (expected: one without, as a colon ends it)");
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
