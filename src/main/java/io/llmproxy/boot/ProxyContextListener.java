package io.llmproxy.boot;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.health.HealthBeans;
import io.llmproxy.jetty.container.JettyStop;
import io.llmproxy.jetty.loop.EventLoops;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the gateway with the web application and stops it with it, in a container and in the launcher alike. */
public final class ProxyContextListener implements ServletContextListener {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyContextListener.class);

    private @Nullable HealthBeans health;
    private @Nullable ProxyAssembly assembly;
    private @Nullable JettyStop stop;
    private boolean logging;

    /**
     * What the launcher, which has read the configuration and opened the ports already, hands over.
     *
     * @param source where the configuration came from
     * @param config the configuration
     * @param stored the store that the configuration came from; null if it is a file
     * @param listeners opens and closes the ports
     * @param loops look after the connections to upstreams
     */
    public record Handover(
            ConfigSource source,
            ProxyConfig config,
            @Nullable StoredConfig stored,
            Listeners listeners,
            EventLoops loops) {
        /** Name of the context attribute that holds it. */
        public static final String ATTRIBUTE = Handover.class.getName();
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        Handover handover = (Handover) context.getAttribute(Handover.ATTRIBUTE);
        if (handover == null) {
            ServletVersion.check(context);
            logging = true;
            ConfigSource source = ConfigSource.find(context);
            handover = load(source);
        }
        HealthBeans beans = HealthBeans.start();
        health = beans;
        ProxyAssembly built = new ProxyAssembly(context, handover, beans.lifecycle(), beans.reporter());
        assembly = built;
        context.setAttribute(ProxyAssembly.ATTRIBUTE, built);
        built.install(context, handover.config());
        if (logging) {
            stop = JettyStop.before(context, built::drain);
        }
        int forwards = handover.config().httpServer().forwards().size();
        if (forwards == 0) {
            LOG.info("LLMProxy {} waits for its configuration", Version.current());
        } else {
            LOG.info("LLMProxy {} serves {} forwards", Version.current(), forwards);
        }
    }

    /** A container shows the problems in its log only; it does not start the application. */
    private static Handover load(ConfigSource source) {
        try {
            ConfigLoader.Loaded loaded = source.load();
            Logging.apply(loaded.config().log());
            StoreConfig store = loaded.config().store();
            StoredConfig stored = store == null ? null : StoredConfig.of(source, store, true);
            if (stored != null) {
                loaded = stored.first();
                Logging.apply(loaded.config().log());
            }
            loaded.warnings().forEach(warning -> LOG.warn("{}", warning));
            return new Handover(source, loaded.config(), stored, new ContainerListeners(), ContainerListeners.loops());
        } catch (ConfigException e) {
            e.problems().forEach(problem -> LOG.error("{}", problem));
            throw e;
        }
    }

    /**
     * A container stops the application without asking whether anybody is being served: so the stop waits. Nothing may be left
     * then that refers to the application, or its classes stay in memory when a container replaces it.
     */
    @Override
    public void contextDestroyed(ServletContextEvent event) {
        if (stop != null) {
            stop.close();
        }
        if (assembly != null) {
            assembly.drain();
            assembly.close();
        }
        if (health != null) {
            health.close();
        }
        if (logging) {
            Logging.close();
            LinkedRecords.forget();
        }
    }
}
