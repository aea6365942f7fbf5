package io.llmproxy.boot;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the configuration file and the certificates that it names now and then, and loads it when one has changed and all
 * have come to rest. It looks at the files that the names lead to in the end: Kubernetes and other tools replace a link, which
 * no event tells of.
 */
final class ConfigWatch implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);

    private final Path file;
    private final Supplier<ProxyConfig> current;
    private final Runnable reload;
    private final Map<Path, State> loaded;
    private Map<Path, State> last;

    /** What tells two versions of a file apart. */
    private record State(
            Path file,
            FileTime modified,
            long size,
            @Nullable Object key) {}

    ConfigWatch(Path file, Supplier<ProxyConfig> current, Runnable reload) {
        this.file = file;
        this.current = current;
        this.reload = reload;
        this.last = look();
        this.loaded = new HashMap<>(last);
    }

    /** Compares; to be called every second or so, always by the same thread. */
    @Override
    public void run() {
        Map<Path, State> now = look();
        boolean moving = !now.equals(last);
        last = now;
        // The files that a reload has brought were read by it.
        now.forEach((path, state) -> {
            if (!path.equals(file)) {
                loaded.putIfAbsent(path, state);
            }
        });
        if (moving || loaded.entrySet().containsAll(now.entrySet())) {
            return;
        }
        loaded.putAll(now);
        if (current.get().watch()) {
            reload.run();
        }
    }

    /** A file that is not there is just being replaced, or will never be again. */
    private Map<Path, State> look() {
        Map<Path, State> states = new HashMap<>();
        Stream.concat(Stream.of(file), certificates(current.get())).forEach(each -> look(each, states));
        return states;
    }

    private static Stream<Path> certificates(ProxyConfig config) {
        return Stream.concat(
                config.httpServer().forwards().stream()
                        .map(ForwardConfig::tls)
                        .flatMap(Stream::ofNullable)
                        .flatMap(tls -> tls.files().stream()),
                config.upstreams().stream().flatMap(upstream -> upstream.tls().files().stream()));
    }

    private static void look(Path file, Map<Path, State> states) {
        try {
            Path real = file.toRealPath();
            BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
            states.put(file, new State(real, attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
        } catch (IOException e) {
            LOG.debug("{} is not there at the moment", file, e);
        }
    }
}
