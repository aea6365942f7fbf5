package io.llmproxy.proxy.forward;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.auth.ClientKeys;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.proxy.attempt.Selection;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.passage.Reach;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.Candidate;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells where a request would go, and sends nothing. */
public final class DryRun {
    private final Question question;
    private final ClientKeys keys;
    private final @Nullable LimitPath path;
    private final @Nullable String model;

    private DryRun(Forward forward, Question question) {
        this.question = question;
        this.keys = forward.admission().keys();
        this.path = forward.admission().keyLimits().path(question.key());
        this.model = withoutPrefix(question.model(), forward.config().modelPrefix());
    }

    /**
     * A request that is only thought of.
     *
     * @param method of the request
     * @param path without query
     * @param host that the client asks; null if it does not say
     * @param headers by name
     * @param model that is asked for; null for none
     * @param key that is shown; null for none
     */
    public record Question(
            String method,
            String path,
            @Nullable String host,
            Map<String, String> headers,
            @Nullable String model,
            @Nullable ClientKey key) {
        /** Makes names of headers comparable. */
        public Question {
            Map<String, String> lower = new HashMap<>();
            headers.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
            headers = Map.copyOf(lower);
        }
    }

    /**
     * An upstream, as it stands for the request.
     *
     * @param candidate the upstream
     * @param model that it would be asked for; null if none is, or it does not serve it
     * @param converts whether the request would be converted for it
     */
    public record Seen(Candidate candidate, @Nullable String model, boolean converts) {}

    /**
     * What would become of the request.
     *
     * @param rule that it would go by; null if it would not come that far
     * @param group that it would go to; null likewise
     * @param endpoint what it is for
     * @param refusal why it would be refused; null if it would be sent
     * @param candidates the first upstreams of the group
     */
    public record Decision(
            @Nullable String rule,
            @Nullable String group,
            String endpoint,
            @Nullable ProxyError refusal,
            List<Seen> candidates) {}

    /**
     * Decides.
     *
     * @param nanos the time in nanoseconds
     * @param now the time
     */
    public static Decision of(Forward forward, Question question, long nanos, Instant now) {
        return new DryRun(forward, question).decide(forward, nanos, now);
    }

    private static @Nullable String withoutPrefix(@Nullable String model, @Nullable String prefix) {
        return model == null || prefix == null || !model.startsWith(prefix + "/")
                ? model
                : model.substring(prefix.length() + 1);
    }

    private Decision decide(Forward forward, long nanos, Instant now) {
        RouteTable<UpstreamGroup>.Lookup lookup = forward.route(
                question.host(),
                List.of(question.path()),
                name -> values(question.headers().get(name)));
        RouteTable.Match<UpstreamGroup> found = lookup.resolve(model);
        String path = found == null ? question.path() : found.path();
        ApiPath target = ApiPath.of(path);
        ProxyError refused = refused(now);
        if (found == null) {
            return new Decision(
                    null, null, target.endpoint().label(), refused == null ? ProxyError.NO_ROUTE : refused, List.of());
        }
        UpstreamGroup group = found.target();
        Reach reach = Reach.of(group, question.method(), target, path);
        List<Candidate> candidates = group.candidates(null, upstream -> unfit(upstream, reach), nanos);
        ProxyError refusal = refused == null ? unavailable(group, reach, candidates, nanos) : refused;
        return new Decision(
                lookup.rule(model),
                group.name(),
                target.endpoint().label(),
                refusal,
                candidates.stream()
                        .map(candidate -> seen(candidate, group.member(candidate.upstream()), reach))
                        .toList());
    }

    private static List<String> values(@Nullable String value) {
        return value == null ? List.of() : List.of(value);
    }

    private @Nullable ProxyError refused(Instant now) {
        ClientKey key = question.key();
        if (key == null) {
            return keys.isRequired() ? ProxyError.INVALID_KEY : null;
        }
        boolean good = path == null || (path.isKnown() && path.isEnabled());
        if (key.state(now) != ClientKey.State.GOOD || !good) {
            return ProxyError.INVALID_KEY;
        }
        return allows(key) ? null : ProxyError.MODEL_NOT_ALLOWED;
    }

    private boolean allows(ClientKey key) {
        String asked = question.model();
        if (asked == null || model == null) {
            return !key.isConfined() && (path == null || !path.isConfined());
        }
        return (key.allows(asked) || key.allows(model)) && (path == null || path.allows(asked, model));
    }

    private @Nullable String unfit(Upstream upstream, Reach reach) {
        ClientKey key = question.key();
        boolean mayUse = key == null ? !keys.guards(upstream.name()) : key.opens(upstream.name());
        boolean serves = reach.isAlike(upstream) || reach.converts(upstream);
        return Selection.unfit(serves, mayUse, model == null || name(upstream) != null);
    }

    private @Nullable String name(Upstream upstream) {
        return model == null ? null : upstream.config().models().upstreamName(model);
    }

    private @Nullable ProxyError unavailable(UpstreamGroup group, Reach reach, List<Candidate> candidates, long nanos) {
        if (candidates.stream().anyMatch(candidate -> candidate.excluded() == null)) {
            return null;
        }
        if (!group.has(upstream -> unfit(upstream, reach) == null)) {
            boolean served = group.has(upstream -> reach.isAlike(upstream) || reach.converts(upstream));
            return model != null && served ? ProxyError.MODEL_NOT_FOUND : ProxyError.NOT_SERVED;
        }
        return group.isCoolingDown(upstream -> unfit(upstream, reach) == null, nanos)
                ? ProxyError.UPSTREAM_RATE_LIMITED
                : ProxyError.NO_UPSTREAM;
    }

    private Seen seen(Candidate candidate, @Nullable Upstream upstream, Reach reach) {
        return upstream == null
                ? new Seen(candidate, null, false)
                : new Seen(candidate, name(upstream), !reach.isAlike(upstream) && reach.converts(upstream));
    }
}
