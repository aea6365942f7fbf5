package io.llmproxy.boot;

import io.llmproxy.config.Jndi;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.usage.PriceFile;
import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.naming.NamingException;
import org.jspecify.annotations.Nullable;

/** Where the configuration comes from. */
public final class ConfigSource {
    private static final String PROPERTY = "llmproxy.config";
    private static final String VARIABLE = "LLMPROXY_CONFIG";
    private static final String JNDI_NAME = "llmproxy/config";
    private static final String BUNDLED = "/WEB-INF/llmproxy.yaml";

    private final @Nullable Path file;
    private final @Nullable String text;
    private final String name;

    private ConfigSource(@Nullable Path file, @Nullable String text, String name) {
        this.file = file;
        this.text = text;
        this.name = name;
    }

    /** Returns a text as source; problems call it by the name. */
    public static ConfigSource of(String text, String name) {
        return new ConfigSource(null, text, name);
    }

    /** Returns the source for the launcher: the file given, the one that property or environment name, or config.yaml. */
    public static ConfigSource find(@Nullable Path given) {
        Path file =
                given != null ? given : named(Stream.of(property(), variable())).orElse(Path.of("config.yaml"));
        return new ConfigSource(file, null, "");
    }

    /** Returns the source for a container: as for the launcher, then JNDI, context parameter and the WAR's own file. */
    static ConfigSource find(ServletContext context) {
        Optional<Path> file = named(
                Stream.of(property(), variable(), jndi(), Optional.ofNullable(context.getInitParameter(PROPERTY))));
        return file.isPresent()
                ? new ConfigSource(file.get(), null, "")
                : new ConfigSource(null, bundled(context), BUNDLED);
    }

    /**
     * Where the launcher looks for a ledger, if the configuration does not say where it is.
     *
     * @param store the store that the configuration is in; null if it is a file
     */
    public LedgerHome ledgerHome(@Nullable StoreConfig store) {
        return store == null ? LedgerHome.find(file, false) : LedgerHome.in(directory(store));
    }

    /** The directory of a node of the launcher whose configuration is in a store. */
    public Path directory(StoreConfig store) {
        return NodeState.directory(store, file, false);
    }

    /** The file that the configuration is read from, or null if it is not a file. */
    public @Nullable Path file() {
        return file;
    }

    /**
     * Loads the configuration.
     *
     * @throws ConfigException if anything is wrong with it
     */
    public ConfigLoader.Loaded load() {
        if (file != null) {
            return withPrices(ConfigLoader.load(file, System.getenv()));
        }
        if (text == null) {
            String message = "no configuration (expected: its path in the system property llmproxy.config, the "
                    + "environment variable LLMPROXY_CONFIG, JNDI llmproxy/config or the context parameter "
                    + "llmproxy.config, or the file WEB-INF/llmproxy.yaml)";
            throw new ConfigException(List.of(new Problem("LLMProxy", 0, "", message)));
        }
        return withPrices(ConfigLoader.parse(text, name, Path.of(""), System.getenv()));
    }

    /**
     * Loads another text as if it were this configuration.
     *
     * @param other the text
     * @param called what problems call it
     * @throws ConfigException if anything is wrong with it
     */
    ConfigLoader.Loaded parse(String other, String called) {
        return withPrices(ConfigLoader.parse(other, called, directory(), System.getenv()));
    }

    /** Where relative paths of the configuration start. */
    private Path directory() {
        return file == null ? Path.of("") : file.toAbsolutePath().resolveSibling("");
    }

    /**
     * What is written, as it is written: it may hold secrets.
     *
     * @throws ConfigException if it cannot be read
     */
    String written() {
        if (file == null) {
            return text == null ? "" : text;
        }
        try {
            return TextFile.read(file, YamlParser.MAX_LENGTH);
        } catch (IOException e) {
            throw new ConfigException(List.of(new Problem(file.toString(), 0, "", TextFile.reason(e))));
        }
    }

    /** What is wrong with the prices is wrong with the configuration. */
    private static ConfigLoader.Loaded withPrices(ConfigLoader.Loaded loaded) {
        Path prices = loaded.config().prices();
        if (prices == null) {
            return loaded;
        }
        List<Problem> warnings = new ArrayList<>(loaded.warnings());
        warnings.addAll(PriceFile.read(prices).warnings());
        return new ConfigLoader.Loaded(loaded.config(), loaded.format(), warnings, loaded.printer());
    }

    /**
     * Loads a configuration that a store holds, for the node whose own file this is.
     *
     * @param content the configuration
     * @param name what problems call it
     * @param secrets what it may refer to
     * @throws ConfigException if anything is wrong with it
     */
    public ConfigLoader.Loaded document(String content, String name, SecretSource secrets) {
        String own = file == null ? this.name : file.toString();
        return withPrices(
                ConfigLoader.parseStored(content, name, written(), own, directory(), System.getenv(), secrets));
    }

    /** Returns a configuration that is known to be good in LLMProxy's own words, with its secrets. */
    String inOwnWords(String content) {
        return ConfigLoader.inOwnWords(content, directory(), System.getenv());
    }

    private static Optional<Path> named(Stream<Optional<String>> names) {
        return names.flatMap(Optional::stream)
                .filter(name -> !name.isBlank())
                .findFirst()
                .map(Path::of);
    }

    private static Optional<String> property() {
        return Optional.ofNullable(System.getProperty(PROPERTY));
    }

    private static Optional<String> variable() {
        return Optional.ofNullable(System.getenv(VARIABLE));
    }

    private static Optional<String> jndi() {
        try {
            return Jndi.find(JNDI_NAME) instanceof String found ? Optional.of(found) : Optional.empty();
        } catch (NamingException e) {
            return Optional.empty();
        }
    }

    private static @Nullable String bundled(ServletContext context) {
        try (InputStream in = context.getResourceAsStream(BUNDLED)) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigException(List.of(new Problem(BUNDLED, 0, "", "unreadable: " + e.getMessage())));
        }
    }
}
