package io.llmproxy.jetty.server;

import io.llmproxy.websocket.ConnectionUpgrade;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;

/** Lets requests of HTTP/1.1 that ask for another protocol have it, when that is known, and with no thread waiting for it. */
public final class ConnectionUpgrades implements HttpConfiguration.Customizer {
    @Override
    public Request customize(Request request, HttpFields.Mutable responseHeaders) {
        ConnectionMetaData connection = request.getConnectionMetaData();
        if (connection.getHttpVersion() == HttpVersion.HTTP_1_1
                && connection.getConnection() instanceof HttpConnection http
                && request.getHeaders().contains(HttpHeader.UPGRADE)) {
            ConnectionUpgrade upgrade = (async, executor, next) -> {
                request.setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, next.apply(http.getEndPoint()));
                async.complete();
            };
            request.setAttribute(ConnectionUpgrade.ATTRIBUTE, upgrade);
        }
        return request;
    }
}
