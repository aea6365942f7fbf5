package io.llmproxy.jetty.server;

import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What Jetty itself refuses is told in the client's dialect too, and tells nothing of Jetty. */
public final class JsonErrorHandler extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ContainerError error = ContainerError.of(request.getHttpURI().getPath(), response.getStatus());
        response.setStatus(error.status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        error.headers().forEach((name, value) -> response.getHeaders().put(name, value));
        response.write(true, StandardCharsets.UTF_8.encode(error.body()), callback);
        return true;
    }
}
