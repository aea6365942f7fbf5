package io.llmproxy.telemetry;

import io.llmproxy.config.OtelConfig;
import java.util.Map;
import java.util.stream.Collectors;

/** Where a collector takes OpenTelemetry's protocol over HTTP, and what it is sent with it. */
public final class Collector {
    private final String base;
    private final Map<String, String> headers;

    private Collector(String base, Map<String, String> headers) {
        this.base = base;
        this.headers = headers;
    }

    /** The collector of a configuration. */
    public static Collector of(OtelConfig otel) {
        String base = otel.endpoint().toString();
        return new Collector(
                base.endsWith("/") ? base.substring(0, base.length() - 1) : base,
                otel.headers().stream()
                        .collect(Collectors.toMap(
                                header -> header.key(), header -> header.value().reveal(), (first, last) -> last)));
    }

    /**
     * The address of one kind of telemetry.
     *
     * @param signal {@code traces} or {@code metrics}
     */
    public String endpoint(String signal) {
        return base + "/v1/" + signal;
    }

    /** Header fields of each request, credentials among them. */
    public Map<String, String> headers() {
        return headers;
    }
}
