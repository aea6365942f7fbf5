package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.boot.StoreSecrets;
import io.llmproxy.boot.Version;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The documents that a command is about: versions of a store, which is opened when it is needed, and files. */
final class Documents implements AutoCloseable {
    private static final Pattern VERSION = Pattern.compile("v\\d{1,18}");

    private final ConfigSource source;
    private final StoreConfig config;
    private final boolean make;
    private @Nullable OpenStore store;

    /**
     * A document.
     *
     * @param content as it was written
     * @param loading loads it as the node would
     */
    record Document(String content, Supplier<ConfigLoader.Loaded> loading) {
        /** @throws ConfigException with every problem if it cannot be served */
        ConfigLoader.Loaded loaded() {
            return loading.get();
        }
    }

    /**
     * @param source the node's file
     * @param config what it says of the store
     * @param make whether a store that is not there yet is made
     */
    Documents(ConfigSource source, StoreConfig config, boolean make) {
        this.source = source;
        this.config = config;
        this.make = make;
    }

    OpenStore store() {
        OpenStore opened = store;
        if (opened == null) {
            opened = make
                    ? OpenStore.open(config, source.directory(config))
                    : OpenStore.existing(config, source.directory(config));
            store = opened;
        }
        return opened;
    }

    /** A version such as {@code v3}, {@code head}, or else a file. */
    Document named(String name) {
        if (name.equals("head")) {
            return document(version(null));
        }
        return VERSION.matcher(name).matches() ? document(version(Long.valueOf(name.substring(1)))) : file(name);
    }

    private Document document(ConfigVersion version) {
        return new Document(version.content(), () -> loaded(version.content(), "v" + version.id()));
    }

    private ConfigLoader.Loaded loaded(String content, String name) {
        SecretSource secrets = Interpolation.secrets(content).isEmpty()
                ? SecretSource.NONE
                : store().secrets().source(content);
        return source.document(content, name, secrets);
    }

    /** What is to become a version, with the secrets in it out of the way. */
    Draft sealed(Draft draft, String name, boolean dry) {
        return store().secrets().sealed(source, draft, name, dry).draft();
    }

    /** A version, or a file as it would be stored: where it has the secrets of the head, it refers to the same. */
    Document asStored(String name) {
        if (isVersion(name)) {
            return named(name);
        }
        Draft draft = Draft.plain(file(name).content(), author(), "", Origin.IMPORT, Version.current(), null, null);
        StoreSecrets.Sealed sealed = store().secrets().sealed(source, draft, name, true);
        return new Document(sealed.draft().content(), sealed::loaded);
    }

    static boolean isVersion(String name) {
        return name.equals("head") || VERSION.matcher(name).matches();
    }

    /** A file. */
    Document file(String name) {
        try {
            String content = TextFile.read(Path.of(name), YamlParser.MAX_LENGTH);
            return new Document(content, () -> loaded(content, name));
        } catch (IOException e) {
            throw problem(name, TextFile.reason(e));
        }
    }

    /** A version; the head if none is named. */
    ConfigVersion version(@Nullable Long wanted) {
        long id = wanted == null ? store().versions().head().version() : wanted;
        if (id == 0) {
            throw problem("LLMProxy", "the store is empty (expected: a version; `config import FILE` makes one)");
        }
        return store().versions()
                .version(id)
                .orElseThrow(() -> problem(
                        "LLMProxy", "v" + id + ": no such version (expected: one that `config history` lists)"));
    }

    private static ConfigException problem(String source, String message) {
        return new ConfigException(List.of(new Problem(source, 0, "", message)));
    }

    static String count(ProxyConfig config) {
        return count(config.httpServer().forwards().size(), "forward") + ", "
                + count(config.upstreams().size(), "upstream");
    }

    static String count(long count, String noun) {
        return count + " " + (count == 1 ? noun : noun + "s");
    }

    /** Who runs the command. */
    static String author() {
        return System.getProperty("user.name", "unknown");
    }

    @Override
    public void close() {
        if (store != null) {
            store.close();
        }
    }
}
