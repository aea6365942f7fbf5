package io.llmproxy.admin.api;

import io.llmproxy.config.Secret;
import io.llmproxy.config.SsoConfig;
import io.llmproxy.net.IpAddress;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Believes a proxy in front that has signed people in. What its headers say counts only if the connection comes from the proxy's network,
 * and shows the secret or a client certificate; else they count for nothing, as if they were not there.
 */
final class ProxySignIn {
    static final String SECRET = "X-LLMProxy-Proxy-Secret";

    /** How a caller is authenticated who comes through the proxy. */
    static final String AUTHENTICATION = "proxy";

    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";
    private static final Pattern NAME = Pattern.compile("\\P{Cntrl}{1,190}");

    private ProxySignIn() {}

    /**
     * Returns the caller that the proxy names.
     *
     * @return null if it is not the proxy, or it names no caller
     * @throws Refused if the person may do nothing here
     */
    static @Nullable Caller caller(HttpServletRequest request, @Nullable SsoConfig config) {
        if (config == null || !isProxy(request, config)) {
            return null;
        }
        String name = text(request.getHeader(config.userHeader())).strip();
        if (!NAME.matcher(name).matches()) {
            return null;
        }
        Set<String> groups = Arrays.stream(
                        text(request.getHeader(config.groupsHeader())).split(",", -1))
                .map(String::strip)
                .collect(Collectors.toSet());
        GroupRoles.Grant grant = GroupRoles.of(config).best(groups);
        if (grant == null) {
            throw new Refused(403, "forbidden", "None of the caller's groups has a role here (http_server.admin.sso).");
        }
        return new Caller("sso:" + name, grant.role(), grant.scope(), AUTHENTICATION);
    }

    private static boolean isProxy(HttpServletRequest request, SsoConfig config) {
        boolean near = IpAddress.parseEndpoint(request.getRemoteAddr())
                .map(address -> config.trustedProxies().stream().anyMatch(network -> network.contains(address)))
                .orElse(false);
        if (!near) {
            return false;
        }
        Secret secret = config.secret();
        return secret == null
                ? request.getAttribute(CERTIFICATES) instanceof Object[] chain && chain.length > 0
                : secret.equals(new Secret(String.valueOf(request.getHeader(SECRET))));
    }

    /** Containers read headers as ISO 8859-1; proxies write UTF-8. */
    private static String text(@Nullable String header) {
        return header == null ? "" : new String(header.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
