package io.llmproxy.protocol;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The model's name in a query, as requests for OpenAI's Realtime have it. */
public final class ModelQuery {
    private static final String NAME = "model";

    private ModelQuery() {}

    /** Returns the names that a query has; one that cannot be read counts as it is written. */
    public static List<String> models(@Nullable String query) {
        return query == null
                ? List.of()
                : Arrays.stream(query.split("&", -1))
                        .filter(ModelQuery::isModel)
                        .map(parameter -> decode(value(parameter)))
                        .filter(name -> !name.isEmpty())
                        .toList();
    }

    /** Returns the query with another name for the model; every other parameter stays as it is. */
    public static @Nullable String withModel(@Nullable String query, String name) {
        UnaryOperator<String> renamed = parameter ->
                isModel(parameter) ? NAME + "=" + URLEncoder.encode(name, StandardCharsets.UTF_8) : parameter;
        return query == null
                ? null
                : Arrays.stream(query.split("&", -1)).map(renamed).collect(Collectors.joining("&"));
    }

    private static boolean isModel(String parameter) {
        int end = parameter.indexOf('=');
        return decode(end < 0 ? parameter : parameter.substring(0, end)).equals(NAME);
    }

    private static String value(String parameter) {
        int end = parameter.indexOf('=');
        return end < 0 ? "" : parameter.substring(end + 1);
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}
