package io.llmproxy.upstream;

import io.llmproxy.config.OutboundProxyConfig;
import io.llmproxy.config.UrlHost;
import io.llmproxy.jetty.client.AnyHostProxy;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.client.BasicAuthentication;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpProxy;
import org.eclipse.jetty.client.Origin;
import org.eclipse.jetty.client.Socks5;
import org.eclipse.jetty.client.Socks5Proxy;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** The proxy through which upstreams are reached: HTTP, HTTPS or SOCKS5, with or without a login. */
record OutboundProxy(String scheme, UrlHost host, @Nullable String user, String password) {
    static OutboundProxy of(OutboundProxyConfig config) {
        URI url = URI.create(config.url().reveal());
        UrlHost host = UrlHost.of(url).orElseThrow();
        int at = url.getRawAuthority().lastIndexOf('@');
        if (at < 0) {
            return new OutboundProxy(url.getScheme(), host, null, "");
        }
        String login = url.getRawAuthority().substring(0, at);
        int colon = login.indexOf(':');
        String user = colon < 0 ? login : login.substring(0, colon);
        String password = colon < 0 ? "" : login.substring(colon + 1);
        return new OutboundProxy(url.getScheme(), host, decode(user), decode(password));
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    void install(HttpClient client) {
        switch (scheme) {
            case "socks5" -> installSocks(client);
            default -> installHttp(client);
        }
    }

    private void installSocks(HttpClient client) {
        Socks5Proxy proxy = new Socks5Proxy(host.name(), host.portOr(1080));
        if (user != null) {
            proxy.putAuthenticationFactory(
                    new Socks5.UsernamePasswordAuthenticationFactory(user, password, StandardCharsets.UTF_8));
        }
        client.getProxyConfiguration().addProxy(proxy);
    }

    /** The login goes with the first request: the challenge of a proxy would never be answered. */
    private void installHttp(HttpClient client) {
        boolean secure = "https".equals(scheme);
        HttpProxy proxy = new AnyHostProxy(
                new Origin.Address(host.name(), host.portOr(secure ? 443 : 80)), secure, BaseUrl.STAND_IN);
        client.getProxyConfiguration().addProxy(proxy);
        if (user != null) {
            client.getAuthenticationStore()
                    .addAuthenticationResult(new BasicAuthentication.BasicResult(
                            proxy.getURI(), HttpHeader.PROXY_AUTHORIZATION, user, password));
        }
    }

    @Override
    public String toString() {
        return scheme + "://" + host.name();
    }
}
