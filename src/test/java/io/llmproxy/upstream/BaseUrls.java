package io.llmproxy.upstream;

import io.llmproxy.config.UpstreamConfig.UrlMode;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Lets tests of other packages join a request's path to an upstream's URL. */
public final class BaseUrls {
    private BaseUrls() {}

    /** Returns the target of the upstream request. */
    public static String target(String url, UrlMode mode, String path, @Nullable String query) {
        return new BaseUrl(URI.create(url), mode).target(path, query);
    }
}
