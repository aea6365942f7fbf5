package io.llmproxy.proxy.forward;

import io.llmproxy.protocol.AskedChoices;
import io.llmproxy.protocol.AskedOutput;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.Operation;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Metering;
import io.llmproxy.quota.Asked;
import io.llmproxy.quota.Exhausted;
import io.llmproxy.quota.Limit;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Outcome;
import io.llmproxy.quota.Reservation;
import io.llmproxy.quota.Unmeasured;
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
import java.util.stream.Stream;
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

    static Moment now(Exchange exchange) {
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
        if (outcome instanceof Unmeasured unmeasured) {
            return Refusal.of(ProxyError.UNMEASURED, message(unmeasured));
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
        boolean uses = measured || mayUse(exchange, endpoint);
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
                !uses || (measured && isRead(exchange)),
                TokenRatio.ASSUMED.inputTokens(bytes),
                most,
                measured ? new Dearest(exchange) : uses ? Asked.Tariff.UNKNOWN : Asked.Tariff.NOTHING);
    }

    /** Whether it may take tokens: what only reads, deletes or counts does not. */
    private static boolean mayUse(Exchange exchange, Endpoint endpoint) {
        return exchange.webSocket() != null
                || (exchange.method().equals("POST") && endpoint.operation() != Operation.COUNT);
    }

    /** Whether answers of all upstreams are read that may serve it. */
    private static boolean isRead(Exchange exchange) {
        return group(exchange).upstreams().map(Upstream::config).allMatch(Metering::reads);
    }

    private static UpstreamGroup group(Exchange exchange) {
        return Objects.requireNonNull(exchange.group(), "routed");
    }

    /** The prices of the dearest upstream: which one of its group will serve the request is not known yet. */
    private record Dearest(Exchange exchange) implements Asked.Tariff {
        @Override
        public long cost(long input, long output) {
            Prices prices = exchange.metering().prices();
            return each().map(asked -> Optional.ofNullable(prices.expected(asked, input, output)))
                    .flatMap(Optional::stream)
                    .mapToLong(Money::nanos)
                    .max()
                    .orElse(0);
        }

        /** A price for a part of it is none: the rest would be used for nothing. */
        @Override
        public boolean isKnown() {
            Prices prices = exchange.metering().prices();
            Endpoint endpoint = exchange.upstreamEndpoint();
            UsageShape shape = usage(exchange, endpoint).orElse(UsageShape.CHAT);
            boolean embeds =
                    endpoint.operation() == Operation.EMBEDDING || endpoint.operation() == Operation.EMBEDDINGS;
            return each().allMatch(asked -> prices.knows(asked, shape, embeds));
        }

        private Stream<Prices.Asked> each() {
            AskedModel model = exchange.model();
            Instant at = Instant.ofEpochMilli(now(exchange).millis());
            return group(exchange)
                    .upstreams()
                    .map(Upstream::config)
                    .map(upstream -> new Prices.Asked(
                            upstream.name(),
                            upstream.provider().label(),
                            model == null ? null : upstream.models().upstreamName(model.name()),
                            at));
        }
    }

    private static Optional<UsageShape> usage(Exchange exchange, Endpoint endpoint) {
        return exchange.webSocket() == null ? endpoint.usage(exchange.method()) : endpoint.usageOfSession();
    }

    private static Refusal refusal(Exhausted exhausted) {
        Limit limit = exhausted.limit();
        return new Refusal(error(limit), message(limit), exhausted.retryAfter(), false);
    }

    private static String message(Unmeasured unmeasured) {
        Limit limit = unmeasured.limit();
        return "The usage of this request cannot be measured, and the limit of "
                + limit.subject().text() + " allows no such request: " + limit.text() + ".";
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
