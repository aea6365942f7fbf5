package io.llmproxy.health;

import io.llmproxy.auth.Credential;
import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.upstream.CheckedUpstream;
import io.llmproxy.upstream.Upstream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.util.Promise;
import org.jspecify.annotations.Nullable;

/**
 * One look at an upstream. It has a connection of its own: one of the pool may just be closed by an upstream that is well,
 * and proves nothing of whether new ones can be made.
 */
final class Probe implements Promise<Connection>, Response.Listener {
    private static final int MOST_BYTES = 64 * 1024;

    private final CompletableFuture<Finding> finding = new CompletableFuture<>();
    private final @Nullable Request request;
    private int bytes;

    private Probe(@Nullable Request request) {
        this.request = request;
    }

    /**
     * Starts one.
     *
     * @return what comes of it; to complete or cancel it gives up
     */
    static CompletableFuture<Finding> start(CheckedUpstream target) {
        String path = target.check().path();
        Request template = target.client().newRequest(target.upstream().origin());
        Probe probe = new Probe(path == null ? null : request(template, target, path));
        target.client().resolveDestination(template).newConnection(probe);
        return probe.finding;
    }

    private static Request request(Request template, CheckedUpstream target, String path) {
        HealthCheckConfig check = target.check();
        int question = path.indexOf('?');
        String query = question < 0 ? null : path.substring(question + 1);
        Upstream upstream = target.upstream();
        String body = check.body();
        return template.method(check.method())
                .path(upstream.target(question < 0 ? path : path.substring(0, question), query))
                .idleTimeout(0, TimeUnit.MILLISECONDS)
                .headers(fields -> {
                    fields.put(HttpHeader.HOST, upstream.origin().getRawAuthority());
                    fields.put(HttpHeader.USER_AGENT, target.agent());
                    if (upstream.credential() instanceof Credential.Header credential) {
                        fields.put(credential.name(), credential.value().reveal());
                    }
                    check.headers().forEach(header -> fields.remove(header.key()));
                    check.headers()
                            .forEach(header ->
                                    fields.add(header.key(), header.value().reveal()));
                })
                .body(body == null ? null : json(body));
    }

    /** What upstreams of LLMs take, unless a header says otherwise. */
    private static Request.Content json(String body) {
        return new BytesRequestContent("application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void succeeded(Connection connection) {
        // Also when it comes too late.
        var unused = finding.whenComplete((found, failure) -> connection.close());
        if (request == null) {
            finding.complete(Finding.CONNECTED);
        } else if (!finding.isDone()) {
            connection.send(request, this);
        }
    }

    @Override
    public void failed(Throwable failure) {
        finding.complete(Finding.failure(failure));
    }

    /** An answer that goes on and on is as good as one that has come to its end. */
    @Override
    public void onContent(Response response, ByteBuffer content) {
        bytes += content.remaining();
        if (bytes > MOST_BYTES) {
            finding.complete(Finding.status(response.getStatus()));
        }
    }

    @Override
    public void onComplete(Result result) {
        Throwable failure = result.getFailure();
        finding.complete(failure == null ? Finding.status(result.getResponse().getStatus()) : Finding.failure(failure));
    }
}
