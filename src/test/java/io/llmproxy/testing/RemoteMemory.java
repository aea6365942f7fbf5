package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.List;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;

/** What another Java process holds on to in its heap and in buffers outside it. */
public final class RemoteMemory implements AutoCloseable {
    private final JMXConnector connector;
    private final MemoryMXBean memory;
    private final List<BufferPoolMXBean> buffers;

    private RemoteMemory(JMXConnector connector) throws IOException {
        MBeanServerConnection server = connector.getMBeanServerConnection();
        this.connector = connector;
        this.memory = ManagementFactory.newPlatformMXBeanProxy(
                server, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
        this.buffers = ManagementFactory.getPlatformMXBeans(server, BufferPoolMXBean.class);
    }

    /** Watches a process. */
    public static RemoteMemory of(ServerProcess process) {
        try {
            return new RemoteMemory(RemoteManagement.of(process));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes that are left after a collection of all garbage. */
    public long bytes() {
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed()
                + buffers.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(connector);
    }
}
