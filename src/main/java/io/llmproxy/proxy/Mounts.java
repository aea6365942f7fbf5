package io.llmproxy.proxy;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which requests go to which forward: those that arrive on its port, those whose path begins with its name and, where
 * there is only one forward, all that are not for the operators.
 */
public final class Mounts {
    private final Map<Integer, Forward> byPort;
    private final Map<String, Forward> byName;
    private final int adminPort;

    /**
     * @param forwards the forwards
     * @param ports the port on which each of them listens
     * @param adminPort the port that is for operators only
     */
    public Mounts(List<Forward> forwards, Function<Forward, Integer> ports, int adminPort) {
        this.byPort = forwards.stream().collect(Collectors.toUnmodifiableMap(ports, Function.identity()));
        this.byName = forwards.stream().collect(Collectors.toUnmodifiableMap(Forward::name, Function.identity()));
        this.adminPort = adminPort;
    }

    /**
     * Finds the forward of a request.
     *
     * @param port the local port on which it arrived
     * @param path its path below the context, as the client wrote it
     * @return the forward and the path within it, or null if the request is for the operators or for nobody
     */
    @Nullable Place find(int port, String path) {
        Forward listening = byPort.get(port);
        if (listening != null) {
            return new Place(listening, path);
        }
        if (port == adminPort || isAdmin(path)) {
            return null;
        }
        return byName(path);
    }

    private @Nullable Place byName(String path) {
        int end = path.indexOf('/', 1);
        Forward named = byName.get(path.substring(Math.min(1, path.length()), end < 0 ? path.length() : end));
        if (named != null) {
            return new Place(named, end < 0 ? "/" : path.substring(end));
        }
        return byName.size() == 1 ? new Place(byName.values().iterator().next(), path) : null;
    }

    private static boolean isAdmin(String path) {
        return path.equals("/metrics") || isBelow("/health", path) || isBelow("/admin", path);
    }

    private static boolean isBelow(String prefix, String path) {
        return path.startsWith(prefix) && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
    }
}
