package io.llmproxy.jetty.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.jetty.loop.LoopThreads;
import java.util.Collection;
import java.util.List;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;

final class RetiredConnectorTest {
    private final RoundsTest.Timer timer = new RoundsTest.Timer();
    private final Server server = new Server(null, timer, null);

    /** Fails at the first look. */
    private static final class BrokenOnce extends ServerConnector {
        private boolean running;
        private int looks;

        BrokenOnce(Server server) {
            super(server);
            running = true;
        }

        @Override
        public boolean isRunning() {
            return running;
        }

        @Override
        public Collection<EndPoint> getConnectedEndPoints() {
            looks++;
            if (looks == 1) {
                throw new AssertionError("broken");
            }
            return List.of();
        }
    }

    @Test
    void anErrorInOneLookDoesNotKeepTheConnectorForEver() {
        BrokenOnce connector = new BrokenOnce(server);
        server.addConnector(connector);
        new RetiredConnector(connector, new LoopThreads("test", 1)).closeWhenIdle();

        timer.tick();
        assertThat(server.getConnectors()).containsExactly(connector);
        timer.tick();

        assertThat(server.getConnectors()).isEmpty();
    }
}
