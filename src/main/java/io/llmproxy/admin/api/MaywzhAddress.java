package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a provider is. On Vertex AI maywzh's llm-proxy writes project and location beside the address; here they are in it.
 *
 * @param base {@code api_base}
 * @param params {@code provider_params}
 */
record MaywzhAddress(String base, ObjectNode params) {
    private static final Pattern ON_VERTEX =
            Pattern.compile("(https?://[^/]+)/v1/projects/([^/]+)/locations/([^/]+)/?");
    private static final Pattern TRAILING_SLASHES = Pattern.compile("/+$");
    private static final String PROJECT = "gcp_project";
    private static final String LOCATION = "gcp_location";
    private static final String PUBLISHER = "gcp_publisher";
    private static final String ACTIONS = "gcp_vertex_actions";
    private static final Map<String, String> ACTION_NAMES =
            Map.of("blocking", "rawPredict", "streaming", "streamRawPredict");

    /** Takes the address of an upstream apart. */
    static MaywzhAddress of(JsonNode upstream) {
        String url = upstream.path("url").asText();
        ObjectNode params = Json.MAPPER.createObjectNode();
        Matcher vertex = ON_VERTEX.matcher(url);
        MaywzhType type = MaywzhType.of(MaywzhType.word(upstream));
        if (!type.isOnVertex() || !vertex.matches()) {
            return new MaywzhAddress(url, params);
        }
        params.put(PROJECT, vertex.group(2)).put(LOCATION, vertex.group(3)).put(PUBLISHER, type.publisher());
        return new MaywzhAddress(vertex.group(1), params);
    }

    /**
     * Puts it together.
     *
     * @throws Refused if the parameters say what has no meaning here
     */
    String url(MaywzhType type) {
        params.fieldNames().forEachRemaining(name -> check(type, name));
        String project = params.path(PROJECT).asText("");
        if (!type.isOnVertex() || project.isBlank()) {
            return base;
        }
        return TRAILING_SLASHES.matcher(base).replaceFirst("") + "/v1/projects/" + project + "/locations/"
                + params.path(LOCATION).asText("us-central1");
    }

    private void check(MaywzhType type, String name) {
        JsonNode value = params.path(name);
        String expected = switch (name) {
            case PROJECT, LOCATION -> value.isTextual() ? null : "a text";
            case PUBLISHER -> !type.isOnVertex() || value.asText().equals(type.publisher()) ? null : type.publisher();
            case ACTIONS -> isUsual(value) ? null : "rawPredict and streamRawPredict, which are fixed here";
            default -> PROJECT + ", " + LOCATION + ", " + PUBLISHER;
        };
        if (expected != null) {
            throw Refused.invalid("provider_params." + name, "has no effect here (expected: " + expected + ")");
        }
    }

    private static boolean isUsual(JsonNode actions) {
        return actions.properties().stream()
                .allMatch(action -> action.getValue().asText().equals(ACTION_NAMES.get(action.getKey())));
    }
}
