package io.llmproxy.management;

import io.llmproxy.config.JmxMode;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.ledger.LedgerStatus;
import io.llmproxy.upstream.Upstreams;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the beans of one gateway in the JVM's own server as the configuration in use says. A bean that cannot be registered is
 * missed in the log and nowhere else: the gateway starts without.
 *
 * <p>A JVM has no such server until a container, an agent or a console makes one, and it takes time to make. So the beans wait until
 * there is one.
 */
public final class Beans implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Beans.class);
    private static final Pattern PLAIN = Pattern.compile("[^,=:\"*?\\n\\\\]+");

    private final String context;
    private final Source source;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, ObjectName> registered = new LinkedHashMap<>();
    private @Nullable Runnable awaitsServer;

    /**
     * What the beans tell of.
     *
     * @param version of the gateway
     * @param lifecycle which phase it is in
     * @param open counts the requests that have not ended
     * @param totals counts those that have
     * @param history what came of requests to upstreams
     * @param ledger how the ledger does
     * @param operations what operators can do
     */
    public record Source(
            String version,
            Lifecycle lifecycle,
            IntSupplier open,
            Totals totals,
            UpstreamHistory history,
            Supplier<Optional<LedgerStatus>> ledger,
            Operations operations) {}

    /**
     * @param context path of the web application, with its version where the container knows several
     * @param source what the beans tell of
     */
    public Beans(String context, Source source) {
        this.context = context.isEmpty() ? "/" : context;
        this.source = source;
    }

    /** Registers what a configuration has, and nothing else. */
    public void follow(JmxMode mode, Upstreams upstreams) {
        lock.lock();
        try {
            unregisterAll();
            awaitsServer = mode == JmxMode.OFF ? null : () -> registerAll(mode, upstreams);
            registerOnServer();
        } finally {
            lock.unlock();
        }
    }

    /** Looks whether somebody has made a server meanwhile. */
    public void look() {
        lock.lock();
        try {
            registerOnServer();
        } finally {
            lock.unlock();
        }
    }

    private void registerOnServer() {
        Runnable register = awaitsServer;
        if (register != null && !MBeanServerFactory.findMBeanServer(null).isEmpty()) {
            awaitsServer = null;
            register.run();
        }
    }

    private void registerAll(JmxMode mode, Upstreams upstreams) {
        Operations operations = mode == JmxMode.OPERATIONS ? source.operations() : new ReadOnly(source.operations());
        register(
                "type=Gateway",
                new GatewayBean(source.version(), source.lifecycle(), source.open(), source.totals(), operations),
                GatewayMXBean.class);
        register("type=Ledger", new LedgerBean(source.ledger()), LedgerMXBean.class);
        upstreams
                .all()
                .forEach(upstream -> register(
                        "type=Upstream,name=" + value(upstream.name()),
                        new UpstreamBean(upstream, source.history(), operations),
                        UpstreamMXBean.class));
        upstreams
                .groups()
                .forEach(group -> register(
                        "type=Group,name=" + value(group.name()), new GroupBean(group, operations), GroupMXBean.class));
    }

    private static String value(String name) {
        return PLAIN.matcher(name).matches() ? name : ObjectName.quote(name);
    }

    private <T> void register(String key, T bean, Class<T> type) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            ObjectName name = name(key, server);
            server.registerMBean(new StandardMBean(bean, type, true), name);
            registered.put(key, name);
        } catch (JMException | RuntimeException e) {
            LOG.warn("JMX: {} cannot be registered: {}", key, e.toString());
        }
    }

    /** Two gateways of one context, in two hosts of a container, are told apart by a number. */
    private ObjectName name(String key, MBeanServer server) throws MalformedObjectNameException {
        String plain = "io.llmproxy:context=" + value(context) + "," + key;
        ObjectName name = new ObjectName(plain);
        for (int instance = 2; server.isRegistered(name); instance++) {
            name = new ObjectName(plain + ",instance=" + instance);
        }
        return name;
    }

    private void unregisterAll() {
        if (registered.isEmpty()) {
            return;
        }
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        registered.forEach((key, name) -> {
            try {
                server.unregisterMBean(name);
            } catch (JMException e) {
                LOG.debug("JMX: {} was gone", name, e);
            }
        });
        registered.clear();
    }

    /** Takes all beans back: the server would hold them, and with them the application, for ever. */
    @Override
    public void close() {
        lock.lock();
        try {
            awaitsServer = null;
            unregisterAll();
        } finally {
            lock.unlock();
        }
    }
}
