package io.llmproxy.jetty.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.http.HttpParser.State;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes connections whose client takes too long over the head of a request, or over what comes before it: the handshake of
 * TLS, the first stream of HTTP/2. Jetty's idle timeout does not: a byte every now and then keeps a connection from ever
 * being idle.
 */
public final class HeadDeadline extends AbstractLifeCycle implements Connection.Listener {
    private static final long PERIOD_MILLIS = 500;
    private static final Set<State> BEFORE_CONTENT = EnumSet.range(State.START, State.HEADER);

    private volatile Duration allowed = Duration.ofDays(1);
    private final Rounds rounds;
    private final Map<Connection, Head> open = new ConcurrentHashMap<>();

    /**
     * The head that a connection was last seen to wait for.
     *
     * @param request number of the request on the connection
     * @param since when its first byte was seen, in nanoseconds; of a connection's first request, when it was opened
     */
    private record Head(long request, long since) {}

    public HeadDeadline(Scheduler scheduler) {
        rounds = new Rounds(scheduler, PERIOD_MILLIS, "could not check for slow request heads", this::look);
    }

    /** Sets how long a head may take. */
    public void allow(Duration time) {
        allowed = time;
    }

    @Override
    protected void doStart() {
        LifeCycle.start(rounds);
    }

    @Override
    protected void doStop() {
        LifeCycle.stop(rounds);
    }

    @Override
    public void onOpened(Connection connection) {
        open.put(connection, new Head(connection.getMessagesIn(), System.nanoTime()));
    }

    @Override
    public void onClosed(Connection connection) {
        open.remove(connection);
    }

    private void look() {
        long now = System.nanoTime();
        open.replaceAll((connection, head) -> look(connection, head, now));
    }

    private Head look(Connection connection, Head head, long now) {
        long request = connection.getMessagesIn();
        if (!isWaiting(connection, request) || request != head.request) {
            return new Head(request, now);
        }
        if (now - head.since > allowed.toNanos()) {
            refuse(connection);
        }
        return head;
    }

    private static boolean isWaiting(Connection connection, long request) {
        if (connection instanceof HttpConnection http) {
            return request == 0 ? isBeforeContent(http) : isInHead(http);
        }
        if (connection instanceof HTTP2Connection http2) {
            return request == 0 && http2.getSession().getStreams().isEmpty();
        }
        return connection instanceof SslConnection tls && isInHandshake(tls);
    }

    /** The protocol that follows is known when the handshake is over. */
    private static boolean isInHandshake(SslConnection tls) {
        return tls.getSslEndPoint().getConnection() instanceof NegotiatingServerConnection;
    }

    private static boolean isInHead(HttpConnection connection) {
        return isBeforeContent(connection) && !connection.getParser().isStart();
    }

    private static boolean isBeforeContent(HttpConnection connection) {
        return BEFORE_CONTENT.contains(connection.getParser().getState());
    }

    private static void refuse(Connection connection) {
        EndPoint endPoint = connection.getEndPoint();
        if (!(connection instanceof HttpConnection)) {
            endPoint.close();
            return;
        }
        ContainerError error = ContainerError.of(null, 408);
        StringBuilder answer = new StringBuilder("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")
                .append("Content-Type: application/json\r\nContent-Length: ")
                .append(error.body().getBytes(StandardCharsets.UTF_8).length)
                .append("\r\n");
        error.headers()
                .forEach((name, value) ->
                        answer.append(name).append(": ").append(value).append("\r\n"));
        answer.append("\r\n").append(error.body());
        endPoint.write(Callback.from(endPoint::close), StandardCharsets.UTF_8.encode(answer.toString()));
    }
}
