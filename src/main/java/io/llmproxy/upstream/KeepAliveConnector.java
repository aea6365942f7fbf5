package io.llmproxy.upstream;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.io.ClientConnector;

/** Switches TCP keepalive probes on, which the stock connector cannot. */
final class KeepAliveConnector extends ClientConnector {
    private final Duration idle;

    /** @param idle silence after which probes start; zero for none */
    KeepAliveConnector(Duration idle) {
        this.idle = idle;
    }

    @Override
    protected void configure(SelectableChannel selectable) throws IOException {
        super.configure(selectable);
        if (!idle.isZero() && selectable instanceof NetworkChannel channel) {
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
                channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, Math.toIntExact(idle.toSeconds()));
            }
        }
    }
}
