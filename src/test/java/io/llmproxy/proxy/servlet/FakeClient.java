package io.llmproxy.proxy.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One request of a client and what it is answered, without a server. What a test does not need is not supported. */
public final class FakeClient {
    /** Of no container that is known. */
    private static final ServletContext CONTEXT = (ServletContext) Proxy.newProxyInstance(
            FakeClient.class.getClassLoader(), new Class<?>[] {ServletContext.class}, (proxy, call, given) -> {
                throw new UnsupportedOperationException(call.getName());
            });

    private final String method;
    private final String uri;
    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Map<String, Object> attributes = new HashMap<>();
    private final Map<String, List<String>> answered = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Output output = new Output();
    private byte[] sent = new byte[0];
    private int withheld;
    private volatile @Nullable AsyncListener async;
    private volatile @Nullable ReadListener reader;
    private volatile boolean broken;
    private boolean takesNothing;
    private String protocol = "HTTP/1.1";
    private DispatcherType dispatcher = DispatcherType.REQUEST;
    private int status = 200;

    private FakeClient(String method, String uri) {
        this.method = method;
        this.uri = uri;
    }

    /** A request to a path, perhaps with a query. */
    public static FakeClient of(String method, String uri) {
        return new FakeClient(method, uri);
    }

    /** Adds a header. */
    public FakeClient with(String name, String value) {
        headers.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
        return this;
    }

    /** Sends a body of stated length with the request. */
    public FakeClient sending(String text) {
        sent = text.getBytes(StandardCharsets.UTF_8);
        return with("Content-Length", Integer.toString(sent.length)).with("Content-Type", "application/json");
    }

    /** Sends a body of stated length, but for its last bytes: these do not come. */
    FakeClient sendingBut(int missing, String text) {
        withheld = missing;
        return sending(text);
    }

    /** Takes nothing of the answer, as an HTTP/2 client without a window. */
    FakeClient takingNothing() {
        takesNothing = true;
        return this;
    }

    /** Speaks another version of HTTP. */
    public FakeClient speaking(String version) {
        protocol = version;
        return this;
    }

    /** Comes again, as a dispatch of the container. */
    FakeClient again() {
        dispatcher = DispatcherType.ASYNC;
        return this;
    }

    /** Leaves. */
    void leave() {
        AsyncListener container = Objects.requireNonNull(async, "it waits for an answer");
        try {
            container.onError(new AsyncEvent(async(), new IOException("gone")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rest of the body does not come. */
    void breakOffBody(Throwable cause) {
        Objects.requireNonNull(reader, "the body is read").onError(cause);
    }

    /** Waits until the exchange is over. */
    FakeClient await() throws InterruptedException {
        assertThat(over.await(20, TimeUnit.SECONDS)).as("over").isTrue();
        return this;
    }

    /** Whether the answer is still to come. */
    boolean isWaiting() {
        return over.getCount() > 0;
    }

    /** Whether the connection was broken in the middle of the answer. */
    boolean isBroken() {
        return broken;
    }

    /** The status of the answer. */
    public int status() {
        return status;
    }

    /** A header of the answer; null if there is none. */
    public @Nullable String header(String name) {
        List<String> values = answered.get(name);
        return values == null ? null : String.join(", ", values);
    }

    /** The body of the answer. */
    public String body() {
        return body.toString(StandardCharsets.UTF_8);
    }

    HttpServletRequest request() {
        int query = uri.indexOf('?');
        return (HttpServletRequest) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, call, given) -> switch (call.getName()) {
                    case "getMethod" -> method;
                    case "getProtocol" -> protocol;
                    case "getScheme" -> "http";
                    case "getDispatcherType" -> dispatcher;
                    case "getRequestURI" -> query < 0 ? uri : uri.substring(0, query);
                    case "getQueryString" -> query < 0 ? null : uri.substring(query + 1);
                    case "getContextPath" -> "";
                    case "getServletContext" -> CONTEXT;
                    case "getLocalPort" -> 3000;
                    case "getServerName" -> "gateway";
                    case "getServerPort" -> 3000;
                    case "getRemoteAddr" -> "192.0.2.1";
                    case "getContentLengthLong" -> Long.parseLong(first("Content-Length", "-1"));
                    case "getContentType" -> first("Content-Type", null);
                    case "getHeader" -> first((String) given[0], null);
                    case "getHeaders" -> Collections.enumeration(headers.getOrDefault((String) given[0], List.of()));
                    case "getHeaderNames" -> Collections.enumeration(headers.keySet());
                    case "getAttribute" -> attributes.get((String) given[0]);
                    case "setAttribute" -> attributes.put((String) given[0], given[1]);
                    case "isAsyncSupported" -> true;
                    case "isAsyncStarted" -> async != null;
                    case "getInputStream" -> new Input();
                    case "startAsync" -> async();
                    default -> throw new UnsupportedOperationException(call.getName());
                });
    }

    private @Nullable String first(String name, @Nullable String otherwise) {
        List<String> values = headers.get(name);
        return values == null ? otherwise : values.get(0);
    }

    HttpServletResponse response() {
        return (HttpServletResponse) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {HttpServletResponse.class},
                (proxy, call, given) -> switch (call.getName()) {
                    case "getStatus" -> status;
                    case "setStatus", "sendError" -> {
                        status = (Integer) given[0];
                        yield null;
                    }
                    case "setHeader" -> answered.put((String) given[0], new ArrayList<>(List.of((String) given[1])));
                    case "addHeader" ->
                        answered.computeIfAbsent((String) given[0], n -> new ArrayList<>())
                                .add((String) given[1]);
                    case "getHeaders" -> List.copyOf(answered.getOrDefault((String) given[0], List.of()));
                    case "setContentType" -> answered.put("Content-Type", List.of((String) given[0]));
                    case "getHeader" -> header((String) given[0]);
                    case "getContentType" -> header("Content-Type");
                    case "containsHeader" -> answered.containsKey((String) given[0]);
                    case "setContentLength", "setContentLengthLong", "setBufferSize" -> null;
                    case "getOutputStream" -> output;
                    case "isCommitted" -> false;
                    case "reset" -> {
                        answered.clear();
                        body.reset();
                        yield null;
                    }
                    default -> throw new UnsupportedOperationException(call.getName());
                });
    }

    private AsyncContext async() {
        return (AsyncContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AsyncContext.class}, (proxy, call, given) -> {
                    switch (call.getName()) {
                        case "addListener" -> async = (AsyncListener) given[0];
                        case "setTimeout", "getRequest", "getResponse" -> {}
                        case "complete" -> over.countDown();
                        case "dispatch" -> {
                            broken = true;
                            over.countDown();
                        }
                        default -> throw new UnsupportedOperationException(call.getName());
                    }
                    return null;
                });
    }

    /** The body, of which all that comes is there. */
    private final class Input extends ServletInputStream {
        private int read;

        @Override
        public int read() {
            throw new UnsupportedOperationException("many at once");
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = Math.min(length, available());
            System.arraycopy(sent, read, into, offset, count);
            read += count;
            return count == 0 && isFinished() ? -1 : count;
        }

        @Override
        public int available() {
            return sent.length - withheld - read;
        }

        @Override
        public boolean isFinished() {
            return read == sent.length;
        }

        @Override
        public boolean isReady() {
            return available() > 0 || isFinished();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            reader = listener;
            try {
                if (available() > 0) {
                    listener.onDataAvailable();
                }
                if (isFinished()) {
                    listener.onAllDataRead();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Keeps what is written. */
    private final class Output extends ServletOutputStream {
        @Override
        public void write(int b) {
            body.write(b);
        }

        @Override
        public boolean isReady() {
            return !takesNothing;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            try {
                listener.onWritePossible();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
