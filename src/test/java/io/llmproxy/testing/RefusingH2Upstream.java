package io.llmproxy.testing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.RawHTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** A server of HTTP/2 that turns down as many streams as it is told to, and then answers 200 with JSON. */
public final class RefusingH2Upstream implements ServerSessionListener {
    private static final byte[] ANSWER = "{\"fine\":true}".getBytes(StandardCharsets.UTF_8);

    private final ServerConnector connector;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger unseen = new AtomicInteger();
    private final Set<Session> gone = ConcurrentHashMap.newKeySet();
    private final Queue<Death> deaths = new ConcurrentLinkedQueue<>();
    private final Set<HTTP2Session> leaving = ConcurrentHashMap.newKeySet();

    private RefusingH2Upstream(SSLContext context) throws Exception {
        Server server = new Server();
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(context);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        connector = new ServerConnector(
                server,
                new SslConnectionFactory(tls, alpn.getProtocol()),
                alpn,
                new RawHTTP2ServerConnectionFactory(this));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.start();
    }

    /** Starts it on a free port; it runs until the JVM ends. */
    public static RefusingH2Upstream start(SSLContext context) {
        try {
            return new RefusingH2Upstream(context);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its base URL. */
    public String url() {
        return "https://127.0.0.1:" + connector.getLocalPort();
    }

    /** Refuses so many streams from now on, each without a look at it. */
    public void refuse(int streams) {
        refusals.set(streams);
    }

    /** Resets so many streams from now on as if it had failed at them. */
    public void fail(int streams) {
        failures.set(streams);
    }

    /**
     * Leaves so many streams alone from now on. When the last of them has come, it says that it has looked at none, and closes
     * their connections.
     */
    public void sayGoodbye(int streams) {
        unseen.set(streams);
    }

    /** Works on the next stream for a while, and then closes its connection without a word. */
    public void dieAfter(Duration work) {
        deaths.add(new Death(work, stream -> session(stream).getEndPoint().shutdownOutput()));
    }

    /** Works on the next stream for a while, says that it takes no stream after that one, and closes the connection. */
    public void sayGoodbyeAfter(Duration work) {
        deaths.add(new Death(work, stream -> leave(session(stream), stream.getId())));
    }

    /** Works on the next stream until it is closed. */
    public void work() {
        deaths.add(new Death(Duration.ofDays(1), stream -> {}));
    }

    /** Takes the next stream, and after a while says that it has looked at none but those before it, and closes the connection. */
    public void leaveOutAfter(Duration time) {
        deaths.add(new Death(time, stream -> leave(session(stream), stream.getId() - 2)));
    }

    private static HTTP2Session session(Stream stream) {
        return (HTTP2Session) stream.getSession();
    }

    /**
     * What becomes of a stream that is taken.
     *
     * @param work how long it is worked on
     * @param end what happens then
     */
    private record Death(Duration work, Consumer<Stream> end) {}

    /** How many requests have come. */
    public int requests() {
        return requests.get();
    }

    @Override
    public Stream.Listener onNewStream(Stream stream, HeadersFrame frame) {
        if (gone.contains(stream.getSession())) {
            // It was left out beforehand; the client has not read that yet.
            return new Body();
        }
        requests.incrementAndGet();
        int left = take(unseen);
        Death death = deaths.poll();
        if (death != null) {
            connector
                    .getScheduler()
                    .schedule(() -> death.end.accept(stream), death.work.toMillis(), TimeUnit.MILLISECONDS);
        } else if (left > 0) {
            leaving.add((HTTP2Session) stream.getSession());
            if (left == 1) {
                leaving.forEach(session -> leave(session, 0));
                leaving.clear();
            }
        } else if (take(refusals) > 0) {
            reset(stream, ErrorCode.REFUSED_STREAM_ERROR);
        } else if (take(failures) > 0) {
            reset(stream, ErrorCode.INTERNAL_ERROR);
        } else {
            answer(stream);
        }
        stream.demand();
        return new Body();
    }

    /** Reads a request's body to its end; to ask for more than that would keep the connection's thread busy for ever. */
    private static final class Body implements Stream.Listener {
        @Override
        public void onDataAvailable(Stream stream) {
            Stream.Data data = stream.readData();
            boolean last = data != null && data.frame().isEndStream();
            if (data != null) {
                data.release();
            }
            if (!last) {
                stream.demand();
            }
        }
    }

    /** Takes one of what is left, and returns how much was left before; 0 if nothing was. */
    private static int take(AtomicInteger left) {
        return left.getAndUpdate(count -> Math.max(0, count - 1));
    }

    private static void reset(Stream stream, ErrorCode because) {
        stream.reset(new ResetFrame(stream.getId(), because.code), Callback.NOOP);
    }

    private void leave(HTTP2Session session, int lastStream) {
        gone.add(session);
        GoAwayFrame goodbye = new GoAwayFrame(lastStream, ErrorCode.NO_ERROR.code, null);
        session.frames(null, List.of(goodbye), Callback.from(session.getEndPoint()::shutdownOutput));
    }

    private static void answer(Stream stream) {
        MetaData.Response head = new MetaData.Response(
                200, null, HttpVersion.HTTP_2, HttpFields.build().put("Content-Type", "application/json"));
        stream.headers(
                new HeadersFrame(stream.getId(), head, null, false),
                Callback.from(
                        () -> {
                            DataFrame body = new DataFrame(stream.getId(), ByteBuffer.wrap(ANSWER), true);
                            stream.data(body, Callback.NOOP);
                        },
                        failure -> {}));
    }

    @Override
    public void onFailure(Session session, Throwable failure, Callback callback) {
        callback.succeeded();
    }
}
