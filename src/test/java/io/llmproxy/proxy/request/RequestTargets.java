package io.llmproxy.proxy.request;

import org.jspecify.annotations.Nullable;

/** Lets tests of other packages ask which paths are let through. */
public final class RequestTargets {
    private RequestTargets() {}

    /** Returns the path as it is forwarded, or null if it is refused. */
    public static @Nullable String accepted(String path, @Nullable String query) {
        RequestPath checked = RequestPath.of(path);
        return RequestTarget.isAllowed(checked, query) ? checked.written() : null;
    }

    /** Returns what a path means. */
    public static String meaning(String path) {
        return RequestPath.of(path).meant();
    }
}
