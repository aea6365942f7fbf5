package io.llmproxy.testing;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** The management of another Java process, which need not have been started with any. */
final class RemoteManagement {
    private RemoteManagement() {}

    @SuppressWarnings("BanJNDI") // The address comes from the process itself, and names no directory.
    static JMXConnector of(ServerProcess process) throws IOException {
        return JMXConnectorFactory.connect(new JMXServiceURL(agent(process)));
    }

    private static String agent(ServerProcess process) throws IOException {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(process.pid()));
            try {
                return machine.startLocalManagementAgent();
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IllegalStateException("no Java process, or one of another user", e);
        }
    }
}
