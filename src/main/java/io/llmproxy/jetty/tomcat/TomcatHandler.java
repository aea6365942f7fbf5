package io.llmproxy.jetty.tomcat;

import jakarta.servlet.http.WebConnection;
import java.util.Objects;
import org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Is given the socket of a client's connection by Tomcat, as Tomcat's own WebSocket is. The streams of the servlet API would not do:
 * Tomcat calls again and again while something is not read, and cannot close a connection before its client does something.
 */
public final class TomcatHandler implements InternalHttpUpgradeHandler {
    private @Nullable SocketWrapperBase<?> socket;
    private TomcatUpgrade.@Nullable Plan plan;
    private @Nullable TomcatEndPoint endPoint;

    /** Says what is to become of the connection, before Tomcat hands it over. */
    void use(TomcatUpgrade.Plan plan) {
        this.plan = plan;
    }

    @Override
    public void setSocketWrapper(SocketWrapperBase<?> wrapper) {
        socket = wrapper;
    }

    @Override
    public void init(WebConnection connection) {
        TomcatEndPoint opened = new TomcatEndPoint(
                Objects.requireNonNull(socket, "given before"), Objects.requireNonNull(plan, "said before"));
        endPoint = opened;
        opened.open();
    }

    /** Each event is one that was asked for, until Tomcat stops. */
    @Override
    public SocketState upgradeDispatch(SocketEvent event) {
        TomcatEndPoint opened = endPoint;
        if (opened == null) {
            return SocketState.CLOSED;
        }
        switch (event) {
            case OPEN_READ -> opened.getFillInterest().fillable();
            case OPEN_WRITE -> opened.getWriteFlusher().completeWrite();
            default -> opened.close();
        }
        return opened.isOpen() ? SocketState.ASYNC_IO : SocketState.CLOSED;
    }

    /** Tomcat waits for nothing that it is not asked to wait for. */
    @Override
    public boolean hasAsyncIO() {
        return true;
    }

    @Override
    public void destroy() {
        TomcatEndPoint opened = endPoint;
        if (opened != null) {
            opened.close();
        }
    }

    @Override
    public void timeoutAsync(long now) {}

    @Override
    public void setSslSupport(SSLSupport support) {}

    @Override
    public void pause() {}
}
