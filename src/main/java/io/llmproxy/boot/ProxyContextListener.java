package io.llmproxy.boot;

import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ProxyConfig;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the gateway with the web application and stops it with it, in a container and in the launcher alike. */
public final class ProxyContextListener implements ServletContextListener {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyContextListener.class);

    private @Nullable ProxyAssembly assembly;

    /** What the launcher, which has read the configuration and opened the ports already, hands over. */
    public record Handover(ProxyConfig config, Listening listening) {
        /** Name of the context attribute that holds it. */
        public static final String ATTRIBUTE = Handover.class.getName();
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        Handover handover = (Handover) context.getAttribute(Handover.ATTRIBUTE);
        if (handover == null) {
            ProxyConfig config = load(context);
            handover = new Handover(config, Listening.asConfigured(config));
        }
        ProxyAssembly built = CDI.current().select(ProxyAssembly.class).get();
        assembly = built;
        built.install(context, handover.config(), handover.listening());
        warnOfWhatIsNotEnforced(handover.config());
        LOG.info(
                "LLMProxy {} serves {} forwards",
                Version.current(),
                handover.config().httpServer().forwards().size());
    }

    /** A container has nobody to show the problems to but its log; it does not start the application. */
    private static ProxyConfig load(ServletContext context) {
        ConfigSource source = ConfigSource.find(context);
        try {
            ConfigLoader.Loaded loaded = source.load();
            Logging.apply(loaded.config().log());
            loaded.warnings().forEach(warning -> LOG.warn("{}", warning));
            return loaded.config();
        } catch (ConfigException e) {
            e.problems().forEach(problem -> LOG.error("{}", problem));
            throw e;
        }
    }

    /** The configuration of LLMProxy's users is taken whole; what protects them in it is yet to come. */
    private static void warnOfWhatIsNotEnforced(ProxyConfig config) {
        String notYet = "{} `{}`: `{}` is not enforced by this version";
        config.httpServer().forwards().stream()
                .filter(forward -> forward.ratelimit() != null)
                .forEach(forward -> LOG.warn(notYet, "forward", forward.name(), "ratelimit"));
        config.upstreams().stream()
                .filter(upstream -> upstream.breaker() != null)
                .forEach(upstream -> LOG.warn(notYet, "upstream", upstream.name(), "breaker"));
        config.upstreamGroups().stream()
                .filter(group -> group.httpClient().retry() != null)
                .forEach(group -> LOG.warn(notYet, "group", group.name(), "retry"));
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        if (assembly != null) {
            assembly.close();
        }
    }
}
