package io.llmproxy.jetty.server;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.util.Callback;

/**
 * HTTP/2, within TLS or in the clear. The stream of a malformed request ends with the error that the client has made (RFC
 * 9113, 8.1.1); Jetty would cancel it, as if the server had had enough.
 */
final class Http2Protocol extends HTTP2CServerConnectionFactory {
    /** Name of the protocol within TLS. */
    static final String SECURE = "h2";

    /** Name of the protocol in the clear. */
    static final String PLAIN = "h2c";

    private static final int BAD_REQUEST = 400;

    Http2Protocol(HttpConfiguration http, String name) {
        super(http, name);
        // Else a browser would ask for a WebSocket in HTTP/2 (RFC 8441), where it cannot have one, instead of in
        // HTTP/1.1.
        setConnectProtocolEnabled(false);
    }

    @Override
    public boolean isAcceptable(String protocol, String tlsProtocol, String tlsCipher) {
        return !HTTP2Cipher.isBlackListCipher(tlsCipher);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        HTTP2Connection connection = (HTTP2Connection) super.newConnection(connector, endPoint);
        connection.getSession().addEventListener(new EndedStreams());
        return connection;
    }

    @Override
    protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
        return new HTTPServerSessionListener(endPoint) {
            @Override
            public void onStreamFailure(Stream stream, Throwable failure, Callback callback) {
                if (((HTTP2Stream) stream).getAttachment() == null) {
                    refuse(stream, failure, callback);
                } else {
                    super.onStreamFailure(stream, failure, callback);
                }
            }
        };
    }

    /** There is no request yet that anything could be answered to but this. */
    private static void refuse(Stream stream, Throwable failure, Callback callback) {
        int status = failure instanceof HttpException known ? known.getCode() : BAD_REQUEST;
        ContainerError error = ContainerError.of(null, status);
        HttpFields.Mutable fields = HttpFields.build().put(HttpHeader.CONTENT_TYPE, "application/json");
        error.headers().forEach(fields::put);
        MetaData.Response head = new MetaData.Response(error.status(), null, HttpVersion.HTTP_2, fields);
        int id = stream.getId();
        CompletableFuture<Void> sent = stream.headers(new HeadersFrame(id, head, null, false))
                .thenCompose(open -> open.data(new DataFrame(id, StandardCharsets.UTF_8.encode(error.body()), true)))
                .thenCompose(open -> open.reset(new ResetFrame(id, ErrorCode.PROTOCOL_ERROR.code)));
        callback.completeWith(sent);
    }
}
