package io.llmproxy.config;

import java.time.Duration;
import java.util.List;

/** Which web pages may use a forward from a browser (CORS). */
@Switchable
public record CorsConfig(
        @Setting(
                "Origins of the pages, such as `https://app.example.com`; `*` stands for all. With an empty list no page may read an answer.")
        List<String> origins,

        @Setting("Request headers that a page may send. Default: all that it asks for.")
        List<String> headers,

        @Setting(
                value = "How long a browser may keep the answer to its preflight request.",
                byDefault = "10m",
                min = 0,
                max = 86400,
                unit = Unit.SECONDS)
        Duration maxAge) {
    /** The origin that stands for all. */
    public static final String ANY = "*";

    public CorsConfig {
        origins = List.copyOf(origins);
        headers = List.copyOf(headers);
    }
}
