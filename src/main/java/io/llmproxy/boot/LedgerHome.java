package io.llmproxy.boot;

import io.llmproxy.config.LedgerConfig;
import io.llmproxy.config.ProxyConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides where the ledger is kept if the configuration does not say so: where this machine keeps the state of services, or beside the
 * configuration. If no such place can be written, the gateway serves without a ledger.
 */
public final class LedgerHome {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerHome.class);
    private static final String NAME = "ledger";
    private static final List<String> CONTAINERS = List.of("catalina.base", "jetty.base");

    private final List<Path> places;

    private LedgerHome(List<Path> places) {
        this.places = places;
    }

    /**
     * Looks for places.
     *
     * @param file the configuration; null if it is not a file
     * @param inContainer whether a container has started the application
     */
    public static LedgerHome find(@Nullable Path file, boolean inContainer) {
        return find(file, inContainer, System.getenv(), System::getProperty);
    }

    /** Keeps it in the directory of a node whose configuration is in a store. */
    static LedgerHome in(Path directory) {
        return new LedgerHome(List.of(directory.resolve(NAME)));
    }

    static LedgerHome find(
            @Nullable Path file,
            boolean inContainer,
            Map<String, String> environment,
            UnaryOperator<@Nullable String> property) {
        List<Path> places = new ArrayList<>();
        // systemd lists several with colons between them.
        String state = environment.getOrDefault("STATE_DIRECTORY", "");
        int end = state.indexOf(':');
        if (!state.isBlank()) {
            places.add(Path.of(end < 0 ? state : state.substring(0, end)).resolve(NAME));
        }
        if (file != null) {
            Path whole = file.toAbsolutePath();
            String name = String.valueOf(whole.getFileName());
            int dot = name.lastIndexOf('.');
            places.add(whole.resolveSibling(NAME).resolve(dot > 0 ? name.substring(0, dot) : name));
        } else if (inContainer) {
            CONTAINERS.stream()
                    .map(property)
                    .flatMap(base -> Optional.ofNullable(base).stream())
                    .forEach(base -> places.add(Path.of(base, "llmproxy", NAME)));
        }
        return new LedgerHome(List.copyOf(places));
    }

    /** Returns the places that are looked at, the best first. */
    public List<Path> places() {
        return places;
    }

    /** Returns the ledger of a configuration as it is kept; null if none is. */
    @Nullable LedgerConfig of(ProxyConfig config) {
        LedgerConfig ledger = config.ledger();
        if (!ledger.enabled() || ledger.directory() != null) {
            return ledger.enabled() ? ledger : null;
        }
        for (Path place : places) {
            if (isWritable(place)) {
                return ledger.in(place);
            }
        }
        if (!places.isEmpty()) {
            LOG.warn(
                    "no ledger is kept: {} is not writable; set ledger.directory to a writable directory, or"
                            + " ledger.enabled to false",
                    places.get(0));
        }
        return null;
    }

    private static boolean isWritable(Path place) {
        try {
            Files.createDirectories(place);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} cannot be created", place, e);
            return false;
        }
        return Files.isWritable(place);
    }
}
