package io.llmproxy.proxy.exchange;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.auth.Authentication;
import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.HeaderSyntax;
import io.llmproxy.protocol.ApiDialect;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.request.RequestHead;
import io.llmproxy.proxy.request.RequestId;
import io.llmproxy.proxy.request.RequestPath;
import io.llmproxy.proxy.request.WebSocketRequest;
import io.llmproxy.quota.Limit;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Reservation;
import io.llmproxy.quota.Standings;
import io.llmproxy.quota.Used;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.Placement;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client request and all that is known of it. It is handed from thread to thread along the path of the request,
 * never shared; the fields that are written late are volatile for the listeners' sake.
 */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final String ATTRIBUTE = Exchange.class.getName();

    /** For logs, in which what a client calls a method could pass for more than that. */
    private static final String NO_METHOD = "-";

    private static final AtomicReferenceFieldUpdater<Exchange, ExchangeUsage> USAGE =
            AtomicReferenceFieldUpdater.newUpdater(Exchange.class, ExchangeUsage.class, "usage");

    private static final AtomicReferenceFieldUpdater<Exchange, @Nullable Reservation> RESERVED =
            AtomicReferenceFieldUpdater.newUpdater(Exchange.class, Reservation.class, "reserved");

    private final String id;
    private final long started;
    private final Serving serving;
    private final Mount mount;
    private final HttpServletRequest clientRequest;
    private final HttpServletResponse clientResponse;
    private final ApiDialect dialect;
    private final String method;
    private final RequestPath path;
    private final ApiPath asked;
    private final AtomicBoolean ended = new AtomicBoolean();

    private volatile Authentication client = Authentication.NOT_ASKED;
    private volatile @Nullable ConcurrencyLimit held;
    /** Changed through {@link #RESERVED}. */
    private volatile @Nullable Reservation reserved;

    /** What counts as used if nothing is known of that. */
    private volatile Used untold = Used.UNKNOWN;

    private volatile Standings limits = Standings.NONE;
    private volatile @Nullable Limit reached;
    private volatile @Nullable UpstreamGroup group;
    private volatile @Nullable String rule;
    private volatile @Nullable Trace trace;
    private final Steps steps = new Steps();
    private volatile @Nullable AskedModel model;
    private volatile RequestPath upstreamPath;
    private volatile ApiPath askedOfUpstreams;
    private @Nullable RequestHead head;
    private volatile @Nullable String upstream;
    private volatile @Nullable Placement placement;
    private int choices = 1;
    private volatile boolean aborted;
    private volatile @Nullable WebSocketRequest webSocket;
    private volatile @Nullable SessionSummary session;
    private int attempts;
    private volatile @Nullable OpenAttempt meter;
    private volatile @Nullable OpenAttempt rival;
    private volatile BodyLog.@Nullable Recording recording;
    private long number;
    private volatile ExchangeUsage usage = ExchangeUsage.NOTHING;
    private volatile @Nullable Verdict notRetried;
    private volatile int status;
    private volatile @Nullable ProxyError error;
    private volatile Outcome outcome = Outcome.COMPLETED;
    private volatile long firstByte;
    private long bytes;
    private volatile long nanos;

    /** How an exchange went. */
    public enum Outcome {
        /** An upstream's answer reached the client whole. */
        COMPLETED,
        /** The proxy answered with an error of its own. */
        REFUSED,
        /** The answer broke off after its beginning had reached the client. */
        CUT,
        /** The client left before the end. */
        CLIENT_GONE;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** Its name in logs and records. */
        public String label() {
            return label;
        }
    }

    public Exchange(
            RequestId id,
            Place place,
            HttpServletRequest clientRequest,
            HttpServletResponse clientResponse,
            Serving serving) {
        this.id = id.value();
        this.started = System.nanoTime();
        this.serving = serving;
        this.mount = place.mount();
        this.path = place.path();
        this.upstreamPath = path;
        this.asked = ApiPath.of(path.meant());
        this.askedOfUpstreams = asked;
        this.dialect = asked.dialect(header -> clientRequest.getHeader(header) != null);
        String said = clientRequest.getMethod();
        this.method = HeaderSyntax.isName(said) ? said : NO_METHOD;
        this.clientRequest = clientRequest;
        this.clientResponse = clientResponse;
    }

    /** Makes the exchange known to the servlets further down. */
    public void attach() {
        clientRequest.setAttribute(ATTRIBUTE, this);
        serving.listener().started(this);
    }

    /** Returns the exchange that a request belongs to, or null if it is not to be forwarded. */
    public static @Nullable Exchange of(ServletRequest request) {
        return (Exchange) request.getAttribute(ATTRIBUTE);
    }

    /** The head of the request has been read. */
    public void read(RequestHead whole) {
        head = whole;
    }

    /** The body of the request has been read, or as much of it as is kept. It is recorded if that is asked for. */
    public void received(Supplier<List<ByteBuffer>> body) {
        BodyLog.Recording client = metering().bodies().client(this);
        if (client != null) {
            client.request(method, path(), clientRequest::getHeader);
            body.get().forEach(client::request);
            recording = client;
        }
    }

    /** An upstream's answer goes to the client: no further request is made, and a stream may stay open for long. */
    public void forgetHead() {
        head = null;
    }

    /** The head of the request, which has been read before it is passed on. */
    public RequestHead head() {
        return Objects.requireNonNull(head);
    }

    /** The request asks for WebSocket, and is to have it. */
    public void opensWebSocket(WebSocketRequest asked) {
        webSocket = asked;
    }

    /** What the request says of the session of WebSocket that it asks for; null if it asks for none. */
    public @Nullable WebSocketRequest webSocket() {
        return webSocket;
    }

    /** The session of WebSocket has begun. */
    public void sessionBegan() {
        serving.listener().sessionBegan(this);
    }

    /** A message, or the last piece of one, goes through the session. */
    public void messagePassed(boolean fromClient) {
        serving.listener().messagePassed(this, fromClient);
    }

    /** Bytes of a message go to the client. */
    public void relayed(int length) {
        bytes += length;
    }

    /** The session of WebSocket is over. */
    public void sessionEnded(SessionSummary summary) {
        session = summary;
        serving.listener().sessionEnded(this, summary);
    }

    /** What became of the session of WebSocket; null if there was none, or if it is not over. */
    public @Nullable SessionSummary session() {
        return session;
    }

    /** The client has been identified by its key, or cannot be. */
    public void authenticated(Authentication found) {
        client = found;
    }

    /** A permit was taken for the exchange, if there is a limit; it is given back in the end. */
    public void holds(@Nullable ConcurrencyLimit permits) {
        held = permits;
    }

    /** What bounds the requests of the client, besides how often it may ask; null if nothing does. */
    public @Nullable LimitPath limitPath() {
        return forward().admission().keyLimits().path(client.key());
    }

    /** What the request may use is reserved, and is settled in the end. If its client has left meanwhile, it is given back. */
    public void reserved(Reservation reservation, Standings standings) {
        limits = standings;
        RESERVED.set(this, reservation);
        Reservation late = ended.get() ? RESERVED.getAndSet(this, null) : null;
        if (late != null) {
            late.giveBack(forward().admission().keyLimits().quotas().now());
        }
    }

    /** The thread that takes it out settles it: it may have been made while the exchange ended. */
    private void settleReserved(Used used) {
        Reservation reservation = RESERVED.getAndSet(this, null);
        if (reservation != null) {
            reservation.settle(used, forward().admission().keyLimits().quotas().now());
        }
    }

    /** What the answers in the session use will be known: it has used nothing if there are none. */
    public void sessionIsRead() {
        untold = Used.NOTHING;
    }

    /** The answers in the session, which goes on, have used so much together by now. */
    public void sessionUsed(Usage usage, @Nullable Money cost) {
        Reservation reservation = reserved;
        if (reservation != null) {
            Used used = new Used(usage.get(Count.INPUT, 0), usage.get(Count.OUTPUT, 0), counted(cost));
            reached = reservation.grow(
                    used, forward().admission().keyLimits().quotas().now());
        }
    }

    /** The limit that the session has used up, so that it has to end; null if there is none. */
    public @Nullable Limit reached() {
        return reached;
    }

    /** The request may not be served, because a limit is used up. */
    public void exhausted(Standings standings) {
        limits = standings;
    }

    /** How much was left of the limits that concern the request when it was let in, or was not. */
    public Standings limits() {
        return limits;
    }

    public void unauthenticated(AuthFailure failure) {
        serving.listener().unauthenticated(this, failure);
    }

    /** It is known where the request goes. */
    public void route(RouteTable.Match<UpstreamGroup> chosen) {
        group = chosen.target();
        RequestPath upstreams = path.endingWith(chosen.path());
        if (!upstreams.equals(path)) {
            upstreamPath = upstreams;
            askedOfUpstreams = ApiPath.of(upstreams.meant());
        }
        serving.listener().routed(this);
    }

    /** The exchange is traced. */
    public void traced(Trace by) {
        trace = by;
    }

    /** What traces the exchange; null if nothing does. */
    public @Nullable Trace trace() {
        return trace;
    }

    /** The value of a header of the client's, or null. */
    public @Nullable String clientHeader(String name) {
        return clientRequest.getHeader(name);
    }

    /** It is known by which rule of the routing the request goes. */
    public void ruled(String found) {
        rule = found;
    }

    /** An upstream was chosen, or none could be. */
    public void picked(Step.Picked pick) {
        steps.add(pick);
    }

    /** An upstream was chosen: whether it is the one that the request belongs to; null if that does not matter. */
    public void placed(@Nullable Placement where) {
        placement = where;
    }

    /** Whether the upstream that was asked last is the one that the request belongs to; null if that does not matter. */
    public @Nullable Placement placement() {
        return placement;
    }

    public void attempting(String upstreamName) {
        upstream = upstreamName;
        notRetried = null;
        attempts++;
    }

    /** An attempt is about to be sent, and takes the place of the one before. */
    public void meters(OpenAttempt next) {
        OpenAttempt before = meter;
        if (before != null) {
            before.supersede();
        } else {
            number = metering().log().nextExchange();
        }
        meter = next;
    }

    /** An attempt is about to be sent beside the one that is under way. */
    public void metersBeside(OpenAttempt next) {
        OpenAttempt before = rival;
        if (before != null) {
            before.supersede();
        }
        rival = next;
    }

    /** Of two attempts one is over: this one goes on, and what is told of the exchange from here on is about its upstream. */
    public void goesOnWith(OpenAttempt remaining, String upstreamName) {
        OpenAttempt over = meter == remaining ? rival : meter;
        meter = remaining;
        rival = null;
        if (over != null) {
            over.supersede();
        }
        upstream = upstreamName;
    }

    /** A stream was late, and a second upstream was asked, or was not. */
    public void hedged(HedgeResult result) {
        serving.listener().hedged(this, result);
    }

    /**
     * An attempt is over.
     *
     * @param firstToken when its first text came, in nanoseconds; 0 if there was none
     */
    public void settled(SettledAttempt attempt, long firstToken) {
        long sinceStart = firstToken == 0 ? -1 : firstToken - started;
        // Two attempts may be settled at the same time when the client leaves.
        USAGE.updateAndGet(this, before -> before.with(attempt, sinceStart));
        serving.listener().settled(this, attempt);
    }

    /**
     * An upstream answered, or failed to, or none could be had.
     *
     * @param of the attempt that it is about; null if none was sent
     */
    public void attempted(AttemptResult result, @Nullable OpenAttempt of) {
        if (of != null) {
            of.told(result);
        }
        steps.add(new Step.Attempted(result));
        serving.listener().attempted(this, result);
    }

    public void brokeOff(ProxyError failure) {
        OpenAttempt current = meter;
        if (current != null) {
            current.brokeOff(failure);
        }
        steps.add(new Step.BrokeOff(failure));
        serving.listener().brokeOff(this, failure);
    }

    /** The request is sent again, or is not, after an attempt that was not good enough. */
    public void retried(Verdict why) {
        if (!why.isAllowed()) {
            notRetried = why;
        }
        steps.add(new Step.Decided(why));
        serving.listener().retried(this, why);
    }

    /** It waits in a line from now on. */
    public void queued(Line line) {
        serving.listener().queued(this, line);
    }

    /**
     * It waits in a line no more.
     *
     * @param nanos how long it did
     */
    public void unqueued(Line line, long nanos) {
        serving.listener().unqueued(this, line, nanos);
    }

    public void shed(Shed because) {
        serving.listener().shed(this, because);
    }

    /** An answer begins to flow to the client. */
    public void answering(int answerStatus, @Nullable ProxyError because) {
        status = answerStatus;
        error = because;
        firstByte = System.nanoTime() - started;
        if (because != null) {
            outcome = Outcome.REFUSED;
        }
    }

    /** The answer broke off after its beginning had reached the client. */
    public void cut(ProxyError because) {
        if (outcome != Outcome.CLIENT_GONE) {
            error = because;
            outcome = Outcome.CUT;
        }
    }

    /** The client was sent a piece of the answer. */
    public void relayed(byte[] piece, int offset, int length) {
        BodyLog.Recording client = recording;
        if (client != null) {
            record(client, ByteBuffer.wrap(piece, offset, length));
        }
        bytes += length;
    }

    private void record(BodyLog.Recording client, ByteBuffer piece) {
        if (bytes == 0) {
            client.answer(status, clientResponse::getHeader);
        }
        client.answer(piece);
    }

    public void clientGone() {
        if (!ended.get() && outcome != Outcome.CUT) {
            outcome = Outcome.CLIENT_GONE;
            error = ProxyError.CLIENT_GONE;
            if (status == 0) {
                status = ProxyError.CLIENT_GONE.status();
            }
        }
    }

    /**
     * Breaks the client's connection. The servlet API has no call for it, but every container does it when a dispatch
     * throws after the answer has begun: the filter that made the exchange does.
     */
    public void abort(AsyncContext async) {
        aborted = true;
        async.dispatch();
    }

    public boolean isAborted() {
        return aborted;
    }

    /** Tells the listeners that it is over; only the first call counts. */
    public void end() {
        if (ended.compareAndSet(false, true)) {
            // In this order: of two attempts, the one that goes on is the meter before it stops to be the rival.
            OpenAttempt beside = rival;
            OpenAttempt last = meter;
            if (last != null) {
                last.end();
            }
            if (beside != null) {
                beside.end();
            }
            nanos = System.nanoTime() - started;
            settleReserved(used());
            BodyLog.Recording client = recording;
            if (client != null) {
                end(client);
            }
            serving.listener().ended(this);
            serving.leave();
            ConcurrencyLimit permits = held;
            if (permits != null) {
                permits.release();
            }
        }
    }

    /** What it throws must not keep the place of the exchange. */
    private void end(BodyLog.Recording client) {
        try {
            client.end(this);
        } catch (RuntimeException e) {
            LOG.error("{}: the recording of its bodies failed", id, e);
        }
    }

    /** Nothing is used before an upstream is asked, nor of one that fails; what it uses for others may not be known. */
    private Used used() {
        boolean worked = meter != null && (outcome == Outcome.CLIENT_GONE || (status > 0 && status < 400));
        long input = usage.input();
        long output = usage.output();
        if (input < 0 && output < 0) {
            return worked ? untold : Used.NOTHING;
        }
        return new Used(Math.max(0, input), Math.max(0, output), counted(usage.cost()));
    }

    /** Limits are in the currency of the prices; an upstream may tell its cost in another. */
    private long counted(@Nullable Money cost) {
        return cost != null && cost.currency().equals(metering().prices().currency()) ? cost.nanos() : 0;
    }

    public HttpServletRequest clientRequest() {
        return clientRequest;
    }

    public HttpServletResponse clientResponse() {
        return clientResponse;
    }

    /** The API that the client speaks. */
    public ApiDialect dialect() {
        return dialect;
    }

    /** The key that the client has shown, also one that it may not use; null if it has shown none that is known. */
    public @Nullable ClientKey clientKey() {
        return client.key();
    }

    /** Why the client may use only what is open to everybody; null if it may use more, or if no key was asked for. */
    public @Nullable AuthFailure authFailure() {
        return client.failure();
    }

    /** Whether the client's key opens an upstream, or the upstream is open to everybody. */
    public boolean mayUse(Upstream candidate) {
        ClientKey key = client.key();
        return key == null ? !forward().admission().keys().guards(candidate.name()) : key.opens(candidate.name());
    }

    /** It is known which model the request asks for. */
    public void asks(@Nullable AskedModel asked) {
        model = asked;
    }

    /** The model that the request asks for, or null if it names none, or if that decides nothing. */
    public @Nullable AskedModel model() {
        return model;
    }

    /** It is known how many answers the request asks for. */
    public void asksFor(int answers) {
        choices = answers;
    }

    /** How many answers the request asks for, as far as that is known. */
    public int choices() {
        return choices;
    }

    /** Says what its attempts use. */
    public Metering metering() {
        return serving.metering();
    }

    /** The number under which its attempts are kept note of; 0 if it has none. */
    public long number() {
        return number;
    }

    /** What its attempts have used so far. */
    public ExchangeUsage usage() {
        return usage;
    }

    /** Identifies the exchange in logs, towards the upstream and towards the client. */
    public String id() {
        return id;
    }

    /** When the exchange began, in nanoseconds. */
    public long started() {
        return started;
    }

    /** The forward that took the request. */
    public Forward forward() {
        return mount.forward();
    }

    /** What serves the requests of its forward. */
    public Servlet servlet() {
        return mount.servlet();
    }

    /** The request's method, or a dash if it is none that HTTP allows. */
    public String method() {
        return method;
    }

    /** What the request's path within the forward means, whatever its spelling. */
    public String path() {
        return path.meant();
    }

    /** The request's path within the forward. */
    public RequestPath target() {
        return path;
    }

    /** What the request is for, as far as its path within the forward tells. */
    public Endpoint endpoint() {
        return asked.endpoint();
    }

    /** What the request is for, also of servers that do not tell upper from lower case. */
    public Endpoint endpointInAnyCase() {
        return asked.endpointInAnyCase(path());
    }

    /** The model that is asked for by itself, as in {@code /v1/models/m}; null if something else is. */
    public @Nullable String modelAlone() {
        return asked.modelAlone(path());
    }

    /** What the client's path says. */
    public ApiPath asked() {
        return asked;
    }

    /** What the path says that upstreams are asked for, in the client's API. */
    public ApiPath askedOfUpstreams() {
        return askedOfUpstreams;
    }

    /** What upstreams are asked for, in the client's API. */
    public Endpoint upstreamEndpoint() {
        return askedOfUpstreams.endpoint();
    }

    /** What the path means that upstreams are asked for: the client's, without the prefix that a rule removes. */
    public String upstreamPath() {
        return upstreamPath.meant();
    }

    /** The path that upstreams are asked for. */
    public RequestPath upstreamTarget() {
        return upstreamPath;
    }

    /** The group that serves the request, or null if it did not come that far. */
    public @Nullable UpstreamGroup group() {
        return group;
    }

    /** The rule of the routing that the request goes by; null if it did not come that far. */
    public @Nullable String rule() {
        return rule;
    }

    /** What has happened so far, in order. */
    public List<Step> steps() {
        return steps.all();
    }

    /** Whether more has happened than {@link #steps} tells. */
    public boolean isTruncated() {
        return steps.isFull();
    }

    /** The upstream that was asked last, or null. */
    public @Nullable String upstream() {
        return upstream;
    }

    /** How many upstreams were asked. */
    public int attempts() {
        return attempts;
    }

    /** Why the request was not sent again after its last attempt; null if that was good enough. */
    public @Nullable Verdict notRetried() {
        return notRetried;
    }

    /** The status that the client was sent; 0 if none was. */
    public int status() {
        return status;
    }

    /** The proxy's own error that the client was told, or null. */
    public @Nullable ProxyError error() {
        return error;
    }

    /** How it went. */
    public Outcome outcome() {
        return outcome;
    }

    /** Nanoseconds from the request to the head of the answer; 0 if there was none. */
    public long firstByteNanos() {
        return firstByte;
    }

    /** Nanoseconds that the whole exchange took. */
    public long nanos() {
        return nanos;
    }

    /** Bytes of the answer's body that the client was sent. */
    public long bytes() {
        return bytes;
    }
}
