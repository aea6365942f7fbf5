package io.llmproxy.admin;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Where the page is from that makes a call, as its browser says. Other clients say nothing, or what they like. */
public final class PageOrigin {
    private PageOrigin() {}

    /** Whether a call is made by a page of another origin than the one it goes to. */
    static boolean isForeign(HttpServletRequest request) {
        String origin = request.getHeader("Origin");
        return origin != null && !isOwn(origin, request.getHeader("Host"));
    }

    /** Whether an origin is that of a host. */
    public static boolean isOwn(String origin, @Nullable String host) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
