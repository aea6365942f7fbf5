package io.llmproxy.launcher;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

/** A mock LLM that says the same to everybody, in all four APIs, at a pace that can be watched. */
final class DemoUpstream extends Handler.Abstract {
    private static final Duration PACE = Duration.ofMillis(60);

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String path = Request.getPathInContext(request);
        Content.Source.asString(request, StandardCharsets.UTF_8, new Promise<>() {
            @Override
            public void succeeded(String body) {
                answer(request, response, path, body, callback);
            }

            @Override
            public void failed(Throwable failure) {
                callback.failed(failure);
            }
        });
        return true;
    }

    private static void answer(Request request, Response response, String path, String body, Callback callback) {
        DemoScript script = DemoScript.of(path);
        long now = TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
        if (script == null) {
            Response.writeError(request, response, callback, 404);
        } else if (path.contains(":stream") || body.replace(" ", "").contains("\"stream\":true")) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
            play(request, response, script.events(now), callback);
        } else {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
            response.write(true, BufferUtil.toBuffer(script.whole(now), StandardCharsets.UTF_8), callback);
        }
    }

    private static void play(Request request, Response response, List<String> events, Callback callback) {
        boolean last = events.size() == 1;
        Runnable next = () -> play(request, response, events.subList(1, events.size()), callback);
        Runnable later =
                () -> request.getComponents().getScheduler().schedule(next, PACE.toMillis(), TimeUnit.MILLISECONDS);
        response.write(
                last,
                BufferUtil.toBuffer(events.get(0), StandardCharsets.UTF_8),
                last ? callback : Callback.from(later, callback::failed));
    }
}
