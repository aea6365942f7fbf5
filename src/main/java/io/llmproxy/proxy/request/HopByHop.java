package io.llmproxy.proxy.request;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The headers that are meant for the next hop only (RFC 9110, section 7.6.1). */
public final class HopByHop {
    private static final Set<String> NAMES = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private HopByHop() {}

    /**
     * Whether a header is for one connection only.
     *
     * @param name its name in lower case
     */
    public static boolean contains(String name) {
        return NAMES.contains(name);
    }

    /** Returns the names, in lower case, that the values of {@code Connection} declare to be hop-by-hop as well. */
    public static Set<String> namedIn(List<String> connection) {
        if (connection.isEmpty()) {
            return Set.of();
        }
        Set<String> named = new HashSet<>();
        for (String value : connection) {
            for (String name : value.split(",", -1)) {
                named.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        return named;
    }
}
