package io.llmproxy.health;

import io.llmproxy.auth.Credential;
import io.llmproxy.auth.GoogleTokens;
import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.upstream.CheckedUpstream;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamKey;
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
    private final CheckedUpstream target;
    private final UpstreamKey key;
    private final boolean judges;
    private final long started = System.nanoTime();
    private @Nullable Request request;
    private int bytes;

    private Probe(CheckedUpstream target, UpstreamKey key, boolean judges) {
        this.target = target;
        this.key = key;
        this.judges = judges;
    }

    /**
     * Starts one.
     *
     * @param target the upstream, and how it is asked
     * @param judges whether the upstream's key is set aside if it is refused, and taken back if it is not
     * @return what comes of it; to complete or cancel it gives up
     */
    static CompletableFuture<Finding> start(CheckedUpstream target, boolean judges) {
        UpstreamKey key = target.upstream().keyForCheck(System.nanoTime());
        Probe probe = new Probe(target, key, judges);
        String path = target.path();
        if (path != null && key.credential() instanceof GoogleTokens tokens) {
            var unused = tokens.fetch().whenComplete((header, failure) -> {
                if (header == null) {
                    probe.finding.complete(new Finding(false, "no token"));
                } else {
                    probe.connect(path, header);
                }
            });
        } else {
            probe.connect(path, key.credential() instanceof Credential.Header header ? header : null);
        }
        return probe.finding;
    }

    private void connect(@Nullable String path, Credential.@Nullable Header shown) {
        Request template = target.upstream().newRequest(target.client());
        request = path == null ? null : request(template, path, shown);
        target.client().resolveDestination(template).newConnection(this);
    }

    private Request request(Request template, String path, Credential.@Nullable Header shown) {
        HealthCheckConfig check = target.check();
        int question = path.indexOf('?');
        String query = question < 0 ? null : path.substring(question + 1);
        Upstream upstream = target.upstream();
        String body = check.body();
        return template.method(check.method())
                .path(upstream.target(question < 0 ? path : path.substring(0, question), query))
                .idleTimeout(0, TimeUnit.MILLISECONDS)
                .headers(fields -> {
                    fields.put(HttpHeader.HOST, upstream.authority());
                    fields.put(HttpHeader.USER_AGENT, target.agent());
                    upstream.defaultHeaders().forEach(fields::put);
                    if (shown != null) {
                        fields.put(shown.name(), shown.value().reveal());
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
        finding.complete(failure == null ? answered(result.getResponse().getStatus()) : Finding.failure(failure));
    }

    /** An upstream that refuses one of our keys may be well all the same, as long as there are others. */
    private Finding answered(int status) {
        Finding found = Finding.status(status);
        boolean shown = request != null && !(key.credential() instanceof Credential.None);
        boolean refused = shown && (status == 401 || status == 403);
        if (judges && shown && found.success()) {
            target.upstream().keyAccepted(key);
        }
        if (!refused) {
            return found;
        }
        long now = System.nanoTime();
        if (judges) {
            KeyFailure reason = status == 401 ? KeyFailure.UNAUTHORIZED : KeyFailure.FORBIDDEN;
            target.upstream().keyRefused(key, reason, started, now);
        }
        return new Finding(judges && target.upstream().hasGoodKey(now), found.reason() + " for " + key);
    }
}
