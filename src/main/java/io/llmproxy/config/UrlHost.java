package io.llmproxy.config;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Host and port of a URL. {@link URI} knows only hosts that a public domain may have. In networks of containers, names have
 * underscores ({@code http://ollama_server:11434}): the name service finds them, so they are read here.
 *
 * @param name a name or an IP address; an IPv6 address is in brackets
 * @param port the port, or -1 if the URL states none
 */
public record UrlHost(String name, int port) {
    private static final int LONGEST_NAME = 253;
    private static final int HIGHEST_PORT = 65535;
    private static final String LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:[^@]*@)?(" + LABEL + "(?:\\." + LABEL + ")*)(?::([0-9]{1,5})?)?");

    /** Returns the host of a URL; nothing if it has none, or a port that does not exist. */
    public static Optional<UrlHost> of(URI url) {
        return parse(url).filter(host -> host.port == -1 || (host.port > 0 && host.port <= HIGHEST_PORT));
    }

    private static Optional<UrlHost> parse(URI url) {
        if (url.getHost() != null) {
            return Optional.of(new UrlHost(url.getHost(), url.getPort()));
        }
        Matcher authority = AUTHORITY.matcher(url.getRawAuthority() == null ? "" : url.getRawAuthority());
        if (!authority.matches() || authority.group(1).length() > LONGEST_NAME) {
            return Optional.empty();
        }
        String port = authority.group(2);
        return Optional.of(new UrlHost(authority.group(1), port == null ? -1 : Integer.parseInt(port)));
    }

    /** Returns the port, or another one if the URL states none. */
    public int portOr(int standard) {
        return port == -1 ? standard : port;
    }

    /** Whether Java verifies certificates for such a name: for one with an underscore it refuses them all. */
    public boolean isVerifiable() {
        return name.indexOf('_') < 0;
    }
}
