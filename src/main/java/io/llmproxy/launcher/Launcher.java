package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.Logging;
import io.llmproxy.boot.RootCause;
import io.llmproxy.boot.StoredConfig;
import io.llmproxy.boot.Version;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.config.load.FileFormat;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import java.io.PrintStream;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@code main} of the runnable jar. */
public final class Launcher {
    private static final int FINE = 0;
    private static final int BAD_CONFIGURATION = 1;
    private static final int PROBLEMS = 1;
    private static final int WRONG_USAGE = 2;
    private static final int PORT_TAKEN = 3;

    private final PrintStream out;
    private final PrintStream err;

    private Launcher(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Runs the gateway; see {@code --help}. */
    public static void main(String[] arguments) {
        LibrarySettings.apply();
        int code = new Launcher(System.out, System.err).run(List.of(arguments));
        System.out.flush();
        // Not exit: everything is stopped, and what the libraries hook into the end would only delay it.
        Runtime.getRuntime().halt(code);
    }

    private int run(List<String> arguments) {
        String command = arguments.isEmpty() ? "" : arguments.get(0);
        try {
            return switch (command) {
                case LedgerCommand.NAME -> ledger(arguments.subList(1, arguments.size()));
                case PricesCommand.NAME -> prices(arguments.subList(1, arguments.size()));
                case ConfigCommand.NAME -> ConfigCommand.of(out, err).run(arguments.subList(1, arguments.size()));
                case DbCommand.NAME -> DbCommand.of(out, err).run(arguments.subList(1, arguments.size()));
                case AuditCommand.NAME -> AuditCommand.of(out, err).run(arguments.subList(1, arguments.size()));
                case KeysCommand.NAME -> KeysCommand.of(out, err).run(arguments.subList(1, arguments.size()));
                case SecretsCommand.NAME -> SecretsCommand.of(out, err).run(arguments.subList(1, arguments.size()));
                case ImportCommand.NAME -> ImportCommand.of(out, err).run(arguments.subList(1, arguments.size()));
                default -> act(LauncherOptions.parse(arguments));
            };
        } catch (UsageException e) {
            err.println("llmproxy: " + e.getMessage());
            err.print(usage(command));
            return WRONG_USAGE;
        } catch (ConfigException e) {
            e.problems().forEach(err::println);
            return BAD_CONFIGURATION;
        } catch (PortTakenException e) {
            err.println("llmproxy: " + e.getMessage());
            return PORT_TAKEN;
        } catch (RuntimeException e) {
            // Such as a certificate that is none: the files that the configuration names are read here.
            err.println("llmproxy: cannot start: " + RootCause.of(e));
            LoggerFactory.getLogger(Launcher.class).debug("cannot start", e);
            return BAD_CONFIGURATION;
        }
    }

    private static String usage(String command) {
        return switch (command) {
            case LedgerCommand.NAME -> LedgerCommand.USAGE;
            case PricesCommand.NAME -> PricesCommand.USAGE;
            case ConfigCommand.NAME -> ConfigCommand.USAGE;
            case DbCommand.NAME -> DbCommand.USAGE;
            case AuditCommand.NAME -> AuditCommand.USAGE;
            case KeysCommand.NAME -> KeysCommand.USAGE;
            case SecretsCommand.NAME -> SecretsCommand.USAGE;
            case ImportCommand.NAME -> ImportCommand.USAGE;
            default -> LauncherOptions.USAGE;
        };
    }

    private int ledger(List<String> arguments) throws UsageException {
        return new LedgerCommand(out, err).run(arguments) == 0 ? FINE : PROBLEMS;
    }

    private int prices(List<String> arguments) throws UsageException {
        new PricesCommand(out, err).run(arguments);
        return FINE;
    }

    private int act(LauncherOptions options) {
        switch (options.action()) {
            case HELP -> out.print(LauncherOptions.USAGE);
            case VERSION -> out.println("LLMProxy " + Version.current());
            case CHECK -> out.println(verdict(ConfigSource.find(options.config()), load(options)));
            case PRINT_CONFIG -> out.print(load(options).text());
            case DEMO -> demo();
            case RUN -> run(options);
        }
        return FINE;
    }

    private static String verdict(ConfigSource source, ConfigLoader.Loaded loaded) {
        if (loaded.config().store() != null) {
            return source.file() + ": the node's file is valid; the configuration itself is in the store";
        }
        String foreign = loaded.format() == FileFormat.LLMPROXY
                ? ""
                : ", read as a file of " + loaded.format().product();
        return source.file() + ": the configuration is valid ("
                + count(loaded.config().httpServer().forwards().size(), "forward") + ", "
                + count(loaded.config().upstreams().size(), "upstream") + foreign + ")";
    }

    private static String count(int count, String noun) {
        return count + " " + (count == 1 ? noun : noun + "s");
    }

    private ConfigLoader.Loaded load(LauncherOptions options) {
        ConfigLoader.Loaded loaded = ConfigSource.find(options.config()).load();
        loaded.warnings().forEach(warning -> err.println("warning: " + warning));
        return loaded;
    }

    private static void run(LauncherOptions options) {
        ConfigSource source = source(options);
        ProxyConfig config = prepared(source.load());
        StoreConfig store = config.store();
        if (store == null) {
            serve(source, config, null);
            return;
        }
        StoredConfig stored = StoredConfig.of(source, store, false);
        serve(source, prepared(stored.first()), stored);
    }

    private static ProxyConfig prepared(ConfigLoader.Loaded loaded) {
        Logging.apply(loaded.config().log());
        Logger log = LoggerFactory.getLogger(Launcher.class);
        loaded.warnings().forEach(warning -> log.warn("{}", warning));
        return loaded.config();
    }

    private static ConfigSource source(LauncherOptions options) {
        String store = options.store();
        return store == null
                ? ConfigSource.find(options.config())
                : ConfigSource.of(StoreOption.text(store, options.config()), "--store");
    }

    private void demo() {
        Demo demo = Demo.start();
        ConfigSource source = demo.source();
        ProxyConfig config = source.load().config();
        Logging.apply(config.log());
        out.print(demo.invitation());
        new DemoVisitor(URI.create("http://127.0.0.1:3000")).start();
        serve(source, config, null);
        demo.stop();
    }

    private static void serve(ConfigSource source, ProxyConfig config, @Nullable StoredConfig stored) {
        try {
            Signals signals = Signals.install();
            EmbeddedServer server = start(source, config, stored);
            tidyUp();
            while (signals.await() == Signals.Kind.RELOAD) {
                server.reload();
            }
            server.stop();
        } finally {
            Logging.close();
        }
    }

    private static EmbeddedServer start(ConfigSource source, ProxyConfig config, @Nullable StoredConfig stored) {
        try {
            return EmbeddedServer.start(source, config, stored);
        } catch (PortTakenException e) {
            if (stored == null) {
                throw e;
            }
            ConfigLoader.Loaded instead =
                    stored.instead(String.valueOf(e.getMessage())).orElseThrow(() -> e);
            return EmbeddedServer.start(source, prepared(instead), stored);
        }
    }

    /**
     * Gets rid of what starting has left behind, ten times what stays, and lets the JVM divide the heap by what is left: so it can
     * start with a small one that stays mostly untouched, and serve with much room for what is new.
     */
    private static void tidyUp() {
        System.gc();
    }
}
