package io.llmproxy.proxy.forward;

import io.llmproxy.protocol.AskedChoices;
import io.llmproxy.protocol.AskedOutput;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.quota.Asked;
import io.llmproxy.quota.Exhausted;
import io.llmproxy.quota.Limit;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Outcome;
import io.llmproxy.quota.Reservation;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Prices;
import io.llmproxy.usage.RequestText;
import io.llmproxy.usage.TokenRatio;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reserves what a request may use, or says which limit is used up. Without limits it looks at nothing. */
final class LimitQuestion {
    /** Costs next to nothing, and clients ask for it before each request proper. */
    private static final Endpoint COUNT_TOKENS = Endpoint.MESSAGE_COUNT;

    private LimitQuestion() {}

    /**
     * Reserves what a request may use. Its model and its group are known, as far as they matter.
     *
     * @param body the request's body, collected
     * @return what comes of it; null if nothing bounds the request
     */
    static @Nullable Outcome ask(Exchange exchange, RequestBody body) {
        LimitPath path = exchange.limitPath();
        return path == null || !path.hasLimits()
                ? null
                : path.reserve(asked(exchange, body, path.isMeasuring()), now(exchange));
    }

    private static Moment now(Exchange exchange) {
        return exchange.forward().admission().keyLimits().quotas().now();
    }

    /**
     * Notes what was reserved, or was not.
     *
     * @return why the request is not served; null if it is
     */
    static @Nullable Refusal settle(Exchange exchange, Outcome outcome) {
        if (outcome instanceof Reservation reservation) {
            exchange.reserved(reservation, reservation.standings(now(exchange)));
            return null;
        }
        if (outcome instanceof Exhausted exhausted) {
            exchange.exhausted(exhausted.standings());
            return refusal(exhausted);
        }
        return new Refusal(ProxyError.LIMITS_UNKNOWN, Refusal.SOON.toNanos(), false);
    }

    /** Gives back what was reserved for a request that is not served after all. */
    static void giveBack(Exchange exchange, Outcome outcome) {
        if (outcome instanceof Reservation reservation) {
            reservation.giveBack(now(exchange));
        }
    }

    private static Asked asked(Exchange exchange, RequestBody body, boolean measuring) {
        AskedModel model = exchange.model();
        Endpoint endpoint = exchange.upstreamEndpoint();
        boolean measured = measuring
                && endpoint != COUNT_TOKENS
                && usage(exchange, endpoint).isPresent();
        // A session begins without a body.
        boolean tells = measured && exchange.webSocket() == null;
        List<ByteBuffer> pieces = tells ? body.legible() : null;
        long bytes = tells ? body.received() : 0;
        long most = AskedOutput.NOT_SAID;
        if (pieces != null) {
            RequestText text = new RequestText();
            pieces.forEach(
                    piece -> text.accept(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining()));
            bytes = text.bytes();
            most = AskedOutput.of(pieces);
            most = most == AskedOutput.NOT_SAID ? most : most * AskedChoices.of(endpoint, pieces);
        }
        return new Asked(
                model == null ? null : model.requested(),
                model == null ? null : model.name(),
                endpoint != COUNT_TOKENS,
                measured,
                TokenRatio.ASSUMED.inputTokens(bytes),
                most,
                measured ? (input, output) -> dearest(exchange, input, output) : Asked.Tariff.UNKNOWN);
    }

    /** Which upstream of its group will serve it is not known yet. */
    private static long dearest(Exchange exchange, long input, long output) {
        UpstreamGroup group = Objects.requireNonNull(exchange.group(), "routed");
        AskedModel model = exchange.model();
        Prices prices = exchange.metering().prices();
        Instant at = Instant.ofEpochMilli(now(exchange).millis());
        return group.upstreams()
                .map(Upstream::config)
                .map(upstream -> prices.expected(
                        new Prices.Asked(
                                upstream.name(),
                                upstream.provider().label(),
                                model == null ? null : upstream.models().upstreamName(model.name()),
                                at),
                        input,
                        output))
                .filter(Objects::nonNull)
                .mapToLong(Money::nanos)
                .max()
                .orElse(0);
    }

    private static Optional<UsageShape> usage(Exchange exchange, Endpoint endpoint) {
        return exchange.webSocket() == null ? endpoint.usage(exchange.method()) : endpoint.usageOfSession();
    }

    private static Refusal refusal(Exhausted exhausted) {
        Limit limit = exhausted.limit();
        return new Refusal(error(limit), message(limit), exhausted.retryAfter(), false);
    }

    /** What is told of a limit that is used up. */
    static String message(Limit limit) {
        return "The limit of " + limit.subject().text() + " is reached: " + limit.text() + ".";
    }

    /** What it is for requests, and sessions, that a limit is used up. */
    static ProxyError error(Limit limit) {
        return limit.isBudget() ? ProxyError.QUOTA_EXHAUSTED : ProxyError.LIMIT_REACHED;
    }
}
