package io.llmproxy.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpHeader;

/**
 * Sends what the playground asks for, with the library that upstreams are asked with. What the JDK has for it sends a request again when the
 * connection dies.
 */
public record OwnClient(UpstreamHttp http) implements OwnRequests {
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(10);

    @Override
    public Answer send(String method, URI target, Map<String, String> headers, byte[] body) throws IOException {
        String query = target.getRawQuery();
        Request request = http.own()
                .newRequest(URI.create(target.getScheme() + "://" + target.getRawAuthority()))
                .method(method)
                .path(target.getRawPath() + (query == null ? "" : '?' + query))
                .idleTimeout(LONGEST_SILENCE.toMillis(), TimeUnit.MILLISECONDS)
                .headers(fields -> {
                    headers.forEach(fields::put);
                    fields.put(HttpHeader.CONNECTION, "close");
                });
        if (body.length > 0) {
            request.body(new BytesRequestContent("application/json", body));
        }
        InputStreamResponseListener listener = new InputStreamResponseListener();
        request.send(listener);
        try {
            return new Received(request, listener.get(LONGEST_SILENCE.toMillis(), TimeUnit.MILLISECONDS), listener);
        } catch (ExecutionException | TimeoutException e) {
            abort(request, e);
            throw new IOException("no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abort(request, e);
            throw new IOException("interrupted", e);
        }
    }

    private static void abort(Request request, Throwable why) {
        var unused = request.abort(why);
    }

    private record Received(Request request, Response response, InputStreamResponseListener listener)
            implements Answer {
        @Override
        public int status() {
            return response.getStatus();
        }

        @Override
        public void forEachHeader(BiConsumer<String, String> action) {
            response.getHeaders().forEach(field -> action.accept(field.getName(), field.getValue()));
        }

        @Override
        public InputStream body() {
            return listener.getInputStream();
        }

        @Override
        public void close() {
            abort(request, new IOException("the caller has stopped reading"));
        }
    }
}
