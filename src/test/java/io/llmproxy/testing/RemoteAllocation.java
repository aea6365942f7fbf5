package io.llmproxy.testing;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import javax.management.remote.JMXConnector;

/** What the threads of another Java process have allocated, by the counters that its JVM keeps for each. */
public final class RemoteAllocation implements AutoCloseable {
    private final Pattern names;
    private final JMXConnector connector;
    private final ThreadMXBean threads;

    private RemoteAllocation(Pattern names, JMXConnector connector) throws IOException {
        this.names = names;
        this.connector = connector;
        this.threads = ManagementFactory.newPlatformMXBeanProxy(
                connector.getMBeanServerConnection(), ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
    }

    /**
     * Watches a process.
     *
     * @param names of the threads that count
     */
    public static RemoteAllocation of(ServerProcess process, Pattern names) {
        try {
            return new RemoteAllocation(names, RemoteManagement.of(process));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes so far, by the id of the thread. */
    public Map<Long, Long> bytes() {
        ThreadInfo[] infos = threads.getThreadInfo(threads.getAllThreadIds());
        Map<Long, Long> bytes = new HashMap<>();
        for (ThreadInfo info : infos) {
            if (info != null && names.matcher(info.getThreadName()).matches()) {
                bytes.put(info.getThreadId(), threads.getThreadAllocatedBytes(info.getThreadId()));
            }
        }
        return bytes;
    }

    /** The bytes since then. A thread that has ended takes its figure with it. */
    public long since(Map<Long, Long> before) {
        return bytes().entrySet().stream()
                .mapToLong(thread -> thread.getValue() - before.getOrDefault(thread.getKey(), 0L))
                .sum();
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(connector);
    }
}
