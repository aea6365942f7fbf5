package io.llmproxy.config.check;

import io.llmproxy.config.OidcConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.tls.Pem;
import java.net.URI;
import java.net.URISyntaxException;

/** Checks how people sign in at an identity provider. */
final class OidcChecks {
    static final String PATH = "http_server.admin.oidc";

    private final Problems problems;
    private final FileChecks files;

    OidcChecks(Problems problems) {
        this.problems = problems;
        this.files = new FileChecks(problems);
    }

    void check(OidcConfig oidc) {
        String issuer = YamlPath.key(PATH, "issuer");
        if (!isIssuer(oidc.issuer())) {
            problems.error(
                    issuer,
                    problems.shown(issuer, oidc.issuer())
                            + " (expected: an https URL without user, query and fragment; http on this machine only)");
        }
        if (oidc.clientId().isBlank()) {
            problems.error(YamlPath.key(PATH, "client_id"), "blank (expected: the gateway's name at the provider)");
        }
        if (oidc.clientSecret() != null && oidc.clientSecret().reveal().isBlank()) {
            problems.error(YamlPath.key(PATH, "client_secret"), "blank (expected: the secret, or no such key)");
        }
        URI console = oidc.consoleUrl();
        if (console != null
                && (console.getRawQuery() != null || !console.getRawPath().endsWith(OidcConfig.CONSOLE))) {
            String path = YamlPath.key(PATH, "console_url");
            problems.error(
                    path,
                    problems.shown(path, console.toString()) + " (expected: a URL that ends with " + OidcConfig.CONSOLE
                            + ")");
        }
        checkAuthorities(oidc);
        // The last, as what is wrong within a section that is refused is not told any more.
        if (oidc.adminGroups().isEmpty()
                && oidc.editorGroups().isEmpty()
                && oidc.viewerGroups().isEmpty()
                && oidc.scopedGroups().isEmpty()) {
            problems.error(
                    PATH,
                    "no group has a role (expected: admin_groups, editor_groups, viewer_groups or scoped_groups)");
        }
    }

    private void checkAuthorities(OidcConfig oidc) {
        String path = YamlPath.key(PATH, "ca_file");
        files.checkReadable(path, oidc.caFile());
        if (oidc.caFile() != null && !problems.failed(path)) {
            try {
                var unused = Pem.certificates(oidc.caFile());
            } catch (IllegalArgumentException e) {
                files.refuse(path, oidc.caFile(), "certificates in PEM");
            }
        }
    }

    private static boolean isIssuer(String text) {
        try {
            URI issuer = new URI(text);
            return OidcConfig.isSafe(issuer) && issuer.getRawQuery() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
