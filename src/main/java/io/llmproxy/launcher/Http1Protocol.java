package io.llmproxy.launcher;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1. Once a request has been read, its connection lets go of the buffer that it was read into. Jetty's own keeps it until
 * the answer is done: 8 KiB for each exchange that waits and for each open stream, a third of what they take.
 */
final class Http1Protocol extends HttpConnectionFactory {
    /** Jetty has this for itself only. The connection takes another buffer when it reads again. */
    private static final MethodHandle RELEASE_REQUEST_BUFFER = releaseRequestBuffer();

    Http1Protocol(HttpConfiguration http) {
        super(http);
    }

    private static MethodHandle releaseRequestBuffer() {
        try {
            Lookup lookup = MethodHandles.privateLookupIn(HttpConnection.class, MethodHandles.lookup());
            return lookup.findVirtual(HttpConnection.class, "releaseRequestBuffer", MethodType.methodType(void.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        HttpConnection connection = new BufferReleasing(getHttpConfiguration(), connector, endPoint);
        connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
        return configure(connection, connector, endPoint);
    }

    private static final class BufferReleasing extends HttpConnection {
        BufferReleasing(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
            super(configuration, connector, endPoint);
        }

        @Override
        protected RequestHandler newRequestHandler() {
            return new UpgradeAware();
        }

        @Override
        protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
            return new HttpStreamOverHTTP1(method, uri, version) {
                @Override
                public Content.@Nullable Chunk read() {
                    Content.Chunk chunk = super.read();
                    if (isRequestRead() && isRequestBufferEmpty()) {
                        releaseBuffer();
                    }
                    return chunk;
                }
            };
        }

        /** The parser does not notice the end of a body before it is asked for what follows, which may be never. */
        private boolean isRequestRead() {
            HttpParser parser = getParser();
            return parser.isComplete() || parser.getContentRead() == parser.getContentLength();
        }

        private void releaseBuffer() {
            try {
                RELEASE_REQUEST_BUFFER.invokeExact((HttpConnection) this);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        /**
         * An upgrade that {@code Connection} does not name was meant for somebody before us, and is ignored (RFC 9110, section
         * 7.8). Jetty refuses the request.
         */
        private final class UpgradeAware extends RequestHandler {
            private @Nullable HttpField upgrade;
            private boolean named;

            @Override
            public void parsedHeader(HttpField field) {
                if (field.getHeader() == HttpHeader.UPGRADE) {
                    upgrade = field;
                    return;
                }
                named |= field.getHeader() == HttpHeader.CONNECTION && field.contains("upgrade");
                super.parsedHeader(field);
            }

            @Override
            public boolean headerComplete() {
                HttpField asked = named ? upgrade : null;
                upgrade = null;
                named = false;
                if (asked != null) {
                    super.parsedHeader(asked);
                }
                return super.headerComplete();
            }
        }
    }
}
