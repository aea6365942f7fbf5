package io.llmproxy.protocol;

/** The known paths of the APIs, as a bounded set of names fit for a metric's label. */
public final class ApiPath {
    /** The name of every path that is not known. */
    public static final String OTHER = "other";

    private ApiPath() {}

    /**
     * Returns the name of a path, such as {@code /v1/responses/{id}}, or {@link #OTHER}.
     *
     * @param path the request's path, with or without the version or a base before it
     */
    public static String of(String path) {
        return OTHER;
    }
}
