package io.llmproxy.protocol;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the {@link Endpoint} of a path. */
final class EndpointTable {
    private final Map<String, Endpoint> exact = new HashMap<>();
    private final List<Template> templates = new ArrayList<>();
    private final List<Ending> endings = new ArrayList<>();

    EndpointTable() {
        for (Endpoint endpoint : Endpoint.values()) {
            String path = endpoint.path();
            if (!endpoint.isKnown()) {
                endings.add(Ending.of(endpoint));
            } else if (path.indexOf('{') >= 0) {
                templates.add(Template.of(endpoint));
            } else {
                exact.put(path, endpoint);
                // Of two that differ in their version only, the first also stands for the path without one.
                exact.putIfAbsent(path.substring(ApiPath.baseLength(path)), endpoint);
            }
        }
    }

    /**
     * Returns the endpoint that a path is of.
     *
     * @param baseLength the length of what stands before the part that is known
     */
    Endpoint find(String path, int baseLength) {
        Endpoint endpoint = exact.get(path);
        if (endpoint != null) {
            return endpoint;
        }
        String known = path.substring(baseLength);
        Endpoint below = exact.get(known);
        return below == null ? match(path, known) : below;
    }

    private Endpoint match(String path, String known) {
        for (Template template : templates) {
            if (template.matches(known)) {
                return template.endpoint;
            }
        }
        for (Ending ending : endings) {
            if (ending.matches(path)) {
                return ending.endpoint;
            }
        }
        return Endpoint.OTHER;
    }

    /** A path whose one segment, or the beginning of one, varies. */
    private record Template(String prefix, String suffix, Endpoint endpoint) {
        static Template of(Endpoint endpoint) {
            String path = endpoint.path();
            String known = path.substring(ApiPath.baseLength(path));
            return new Template(
                    known.substring(0, known.indexOf('{')), known.substring(known.indexOf('}') + 1), endpoint);
        }

        boolean matches(String path) {
            int end = path.length() - suffix.length();
            return end > prefix.length()
                    && path.startsWith(prefix)
                    && path.endsWith(suffix)
                    && path.lastIndexOf('/', end - 1) < prefix.length();
        }
    }

    /** A path whose end is known, and at most something in its middle. */
    private record Ending(String middle, String suffix, Endpoint endpoint) {
        static Ending of(Endpoint endpoint) {
            String known = endpoint.path().substring(Endpoint.ANYTHING.length());
            int gap = known.indexOf(Endpoint.ANYTHING);
            return gap < 0
                    ? new Ending("", known, endpoint)
                    : new Ending(known.substring(0, gap), known.substring(gap + Endpoint.ANYTHING.length()), endpoint);
        }

        boolean matches(String path) {
            return path.endsWith(suffix) && path.contains(middle);
        }
    }
}
