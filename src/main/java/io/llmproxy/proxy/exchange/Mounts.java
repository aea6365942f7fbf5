package io.llmproxy.proxy.exchange;

import io.llmproxy.proxy.request.RequestPath;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which requests go to which forward: those that arrive on its port, those whose path begins with its name and, where
 * there is only one forward, all that are not for the operators.
 */
public final class Mounts {
    private final Map<Integer, Mount> byPort;
    private final Map<String, Mount> byName;
    private final int adminPort;
    private final boolean elsewhere;

    /**
     * @param mounts one for each forward
     * @param ports the port on which each forward listens, by name
     * @param adminPort the port that is for operators only
     * @param elsewhere whether forwards are also served by their names on all other ports
     */
    public Mounts(List<Mount> mounts, ToIntFunction<String> ports, int adminPort, boolean elsewhere) {
        this.byPort = mounts.stream()
                .collect(Collectors.toUnmodifiableMap(
                        mount -> ports.applyAsInt(mount.forward().name()), Function.identity()));
        this.byName = mounts.stream()
                .collect(Collectors.toUnmodifiableMap(mount -> mount.forward().name(), Function.identity()));
        this.adminPort = adminPort;
        this.elsewhere = elsewhere;
    }

    /**
     * Finds the forward of a request.
     *
     * @param port the local port on which it arrived
     * @param path its path below the context
     * @return the forward and the path within it, or null if the request is for the operators or for none of the forwards
     */
    @Nullable Place find(int port, RequestPath path) {
        Mount listening = byPort.get(port);
        if (listening != null) {
            return new Place(listening, path);
        }
        if (!elsewhere || port == adminPort || isAdmin(path.meant())) {
            return null;
        }
        return byName(path);
    }

    private @Nullable Place byName(RequestPath path) {
        Mount named = byName.get(path.first());
        if (named != null) {
            return new Place(named, path.without(1));
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
