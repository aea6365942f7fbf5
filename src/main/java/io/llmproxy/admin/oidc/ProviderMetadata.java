package io.llmproxy.admin.oidc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.OidcConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a provider tells of itself (OpenID Connect Discovery).
 *
 * @param authorization where people sign in
 * @param token where a code is exchanged for tokens
 * @param keys where its keys are
 * @param userInfo where more is told of a person; null for nowhere
 * @param endSession where people sign out; null for nowhere
 * @param secretMethods how a client may show its secret; empty if it is not told
 * @param tellsIssuer whether each answer names its issuer (RFC 9207)
 */
record ProviderMetadata(
        URI authorization,
        URI token,
        URI keys,
        @Nullable URI userInfo,
        @Nullable URI endSession,
        Set<String> secretMethods,
        boolean tellsIssuer) {
    ProviderMetadata {
        secretMethods = Set.copyOf(secretMethods);
    }

    /** Where an issuer tells of itself. */
    static URI address(String issuer) {
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return URI.create(base + "/.well-known/openid-configuration");
    }

    /** Reads what an issuer tells. It may name any host, as its document is believed; but the way there has to be encrypted. */
    static ProviderMetadata read(String issuer, ObjectNode document) throws ProviderException {
        String named = document.path("issuer").asText();
        if (!named.equals(issuer)) {
            throw ProviderException.wrong(
                    "The provider calls itself " + shortened(named) + " (expected: " + issuer + ", as in issuer)");
        }
        boolean local = issuer.startsWith("http:");
        Set<String> methods = new HashSet<>();
        document.path("token_endpoint_auth_methods_supported").forEach(method -> methods.add(method.asText()));
        return new ProviderMetadata(
                needed(document, "authorization_endpoint", local),
                needed(document, "token_endpoint", local),
                needed(document, "jwks_uri", local),
                optional(document, "userinfo_endpoint", local),
                optional(document, "end_session_endpoint", local),
                methods,
                document.path("authorization_response_iss_parameter_supported").asBoolean());
    }

    private static URI needed(ObjectNode document, String member, boolean local) throws ProviderException {
        URI address = optional(document, member, local);
        if (address == null) {
            throw ProviderException.wrong("The provider's document has no " + member);
        }
        return address;
    }

    private static @Nullable URI optional(ObjectNode document, String member, boolean local) throws ProviderException {
        JsonNode told = document.path(member);
        if (told.isMissingNode() || told.isNull()) {
            return null;
        }
        try {
            URI address = new URI(told.asText());
            if (OidcConfig.isSafe(address) && (local || "https".equalsIgnoreCase(address.getScheme()))) {
                return address;
            }
        } catch (URISyntaxException e) {
            throw unusable(member);
        }
        throw unusable(member);
    }

    private static ProviderException unusable(String member) {
        return ProviderException.wrong("The provider's " + member + " is no address over https");
    }

    private static String shortened(String text) {
        return text.isEmpty()
                ? "nothing"
                : text.substring(0, Math.min(text.length(), 200)).replaceAll("\\p{Cntrl}", "?");
    }
}
