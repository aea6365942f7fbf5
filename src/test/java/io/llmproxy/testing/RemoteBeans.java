package io.llmproxy.testing;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import org.awaitility.Awaitility;

/** The gateway's beans in another process, as a management console sees them. */
public final class RemoteBeans implements AutoCloseable {
    private static final Map<Class<?>, String> PRIMITIVES =
            Map.of(Integer.class, "int", String.class, "java.lang.String");

    private final JMXConnector connector;
    private final MBeanServerConnection server;

    private RemoteBeans(JMXConnector connector) throws IOException {
        this.connector = connector;
        this.server = connector.getMBeanServerConnection();
    }

    /** Connects to a process. */
    public static RemoteBeans of(ServerProcess process) throws IOException {
        return new RemoteBeans(RemoteManagement.of(process));
    }

    /** All of the gateway's beans. */
    public List<String> names() throws IOException, JMException {
        return server.queryNames(new ObjectName("io.llmproxy:*"), null).stream()
                .map(ObjectName::getCanonicalName)
                .sorted()
                .toList();
    }

    /** The name of the only bean with these keys; waits for it, as beans come a moment after the server that this has made. */
    public String name(String keys) throws IOException, JMException {
        ObjectName wanted = new ObjectName("io.llmproxy:*," + keys);
        Awaitility.await(keys).until(() -> !server.queryNames(wanted, null).isEmpty());
        Set<ObjectName> found = server.queryNames(wanted, null);
        if (found.size() != 1) {
            throw new AssertionError(keys + ": " + found + " of " + names());
        }
        return found.iterator().next().getCanonicalName();
    }

    /** The value of an attribute. */
    public Object get(String bean, String attribute) throws IOException, JMException {
        return server.getAttribute(new ObjectName(bean), attribute);
    }

    /** Calls an operation. */
    public Object invoke(String bean, String operation, Object... arguments) throws IOException, JMException {
        String[] types = Arrays.stream(arguments)
                .map(argument -> PRIMITIVES.get(argument.getClass()))
                .toArray(String[]::new);
        return server.invoke(new ObjectName(bean), operation, arguments, types);
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(connector);
    }
}
