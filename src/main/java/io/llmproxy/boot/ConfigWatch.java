package io.llmproxy.boot;

import io.llmproxy.config.ProxyConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the configuration file now and then, and loads it when it has changed and come to rest. It looks at the file that
 * the name leads to in the end: Kubernetes and other tools replace a link, which no event tells of.
 */
final class ConfigWatch implements Runnable {
    private final Path file;
    private final Supplier<ProxyConfig> current;
    private final Runnable reload;
    private @Nullable State loaded;
    private @Nullable State last;

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
        this.loaded = look();
        this.last = loaded;
    }

    /** Compares; to be called every second or so, always by the same thread. */
    @Override
    public void run() {
        State now = look();
        boolean moving = !Objects.equals(now, last);
        last = now;
        if (moving || now == null || now.equals(loaded)) {
            return;
        }
        loaded = now;
        if (current.get().watch()) {
            reload.run();
        }
    }

    /** A file that is not there is just being replaced, or will never be again. */
    private @Nullable State look() {
        try {
            Path real = file.toRealPath();
            BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
            return new State(real, attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            return null;
        }
    }
}
