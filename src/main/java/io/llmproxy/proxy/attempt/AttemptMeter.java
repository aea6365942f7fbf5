package io.llmproxy.proxy.attempt;

import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.protocol.MadeResources;
import io.llmproxy.protocol.UsageShape;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.BodyLog;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Metering;
import io.llmproxy.proxy.exchange.OpenAttempt;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.SettledAttempt.Ending;
import io.llmproxy.proxy.exchange.SettledAttempt.Model;
import io.llmproxy.proxy.exchange.Trace;
import io.llmproxy.proxy.passage.EventStreams;
import io.llmproxy.proxy.passage.Passage;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.Placement;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Prices;
import io.llmproxy.usage.RequestText;
import io.llmproxy.usage.SessionUsage;
import io.llmproxy.usage.TokenRatio;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageMissing;
import io.llmproxy.usage.UsageReader;
import io.llmproxy.usage.UsageReader.Ended;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Measures one attempt: reads all that the upstream sends, before anything is changed, and says in the end what the attempt used. An
 * attempt is settled once: when it has failed, when another follows it, or when the exchange is over. The end may come on another
 * thread than the pieces.
 */
final class AttemptMeter implements OpenAttempt {
    /** Of how many whole answers one teaches how long tokens are, until that is known, and then: to measure each would cost too much. */
    private static final int SAMPLED_AT_FIRST = 4;

    private static final int SAMPLED = 32;

    private final Exchange exchange;
    private final Metering metering;
    private final Lease lease;
    private final @Nullable ResourceLesson lesson;
    private final @Nullable UsageShape shape;
    private final RequestBody body;
    private long bytesIn;
    private final Model model;
    private final @Nullable Placement placement;
    private final int number;
    private final BodyLog.@Nullable Recording recording;
    private final boolean beside;
    private final ReentrantLock lock = new ReentrantLock();

    private @Nullable UsageReader reader;
    private @Nullable SessionUsage session;
    private Cost sessionCost = Cost.NOTHING;
    private @Nullable MadeResources made;
    private int flight = -1;
    private int status;
    private boolean sent;
    /** Whether the upstream has all of the request, so that it may have worked whatever is heard of it. */
    private volatile boolean sentAll;

    private boolean told;
    private int refusal;
    private boolean stream;
    private boolean whole;
    private boolean settled;
    private @Nullable ProxyError failure;
    private long requestText = -1;
    private boolean textIsPart;
    private long headAt;
    private long firstTextAt;
    private @Nullable LongConsumer firstTextAwaited;
    private long lastTextAt;
    private long lastAt;
    private long text;
    private long bytesOut;

    /**
     * @param lesson what the answer teaches of things that upstreams keep; null if nothing
     * @param content of the upstream's request; null if there is none
     * @param beside whether another attempt goes on meanwhile
     */
    AttemptMeter(
            Exchange exchange,
            Lease lease,
            Passage passage,
            @Nullable ResourceLesson lesson,
            RequestBody body,
            Request.@Nullable Content content,
            boolean beside) {
        UpstreamConfig upstream = lease.upstream().config();
        this.exchange = exchange;
        this.beside = beside;
        this.metering = exchange.metering();
        this.lease = lease;
        this.lesson = lesson;
        this.body = body;
        this.shape = Metering.reads(upstream)
                ? passage.endpoint().usage(exchange.method()).orElse(null)
                : null;
        this.bytesIn = content == null ? 0 : content.getLength();
        this.model = model(exchange.model(), upstream);
        this.placement = exchange.placement();
        this.number = exchange.attempts();
        this.lastAt = lease.acquired();
        this.recording = metering.bodies().attempt(exchange, upstream.name());
    }

    private static Model model(@Nullable AskedModel asked, UpstreamConfig upstream) {
        if (asked == null) {
            return Model.UNKNOWN;
        }
        String name = asked.name();
        return new Model(
                upstream.models().configured(name), name, upstream.models().upstreamName(name));
    }

    /** Returns the content of the upstream's request; each piece is recorded, if recording is on. */
    Request.@Nullable Content sends(Request upstreamRequest, Request.@Nullable Content content) {
        if (recording == null) {
            return content;
        }
        recording.request(upstreamRequest.getMethod(), upstreamRequest.getPath(), upstreamRequest.getHeaders()::get);
        return content == null ? null : new RecordedContent(content, recording);
    }

    /** The request is about to be sent. */
    void begin() {
        if (beside) {
            exchange.metersBeside(this);
        } else {
            exchange.meters(this);
        }
        sent = true;
        flight = metering.log().begun(exchange, number, lease.upstream().name(), model.configured());
    }

    /** Whether all of the request has been written, and may be worked on. */
    void requestIsSent(boolean all) {
        sentAll = all;
    }

    /** The head of the answer has come. Returns its content; each piece that is read from it is measured. */
    Content.Source answered(Response upstreamResponse, Content.Source content) {
        lock.lock();
        try {
            if (settled) {
                // It was given up just now.
                return content;
            }
            headAt = System.nanoTime();
            lastAt = headAt;
            status = upstreamResponse.getStatus();
            stream = EventStreams.isEventStream(upstreamResponse.getHeaders());
            if (recording != null) {
                recording.answer(status, upstreamResponse.getHeaders()::get);
            }
            if (status < 300) {
                good(upstreamResponse.getHeaders());
            }
        } finally {
            lock.unlock();
        }
        return new MeteredContent(content, this);
    }

    private void good(HttpFields headers) {
        String type = Objects.requireNonNullElse(headers.get(HttpHeader.CONTENT_TYPE), "");
        String coding = Objects.requireNonNullElse(headers.get(HttpHeader.CONTENT_ENCODING), "");
        if (shape != null) {
            reader = new UsageReader(shape, type, coding);
            requestText = requestText();
        }
        if (lesson != null && coding.isEmpty()) {
            made = lesson.answered(lease, type, stream);
        }
    }

    /** The upstream has agreed to speak another protocol; there is no content to read. */
    void upgraded(int with) {
        lock.lock();
        try {
            headAt = System.nanoTime();
            lastAt = headAt;
            status = with;
            if (Metering.reads(lease.upstream().config())) {
                session = exchange.upstreamEndpoint()
                        .usageOfSession()
                        .map(SessionUsage::new)
                        .orElse(null);
            }
            if (session != null) {
                exchange.sessionIsRead();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A piece of a message of the client's passes in that protocol. */
    void sent(int length) {
        lock.lock();
        try {
            bytesIn += length;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A piece of a message of the upstream's passes in that protocol.
     *
     * @param last whether it ends its message
     */
    void came(ByteBuffer piece, boolean last) {
        lock.lock();
        try {
            if (settled) {
                return;
            }
            bytesOut += piece.remaining();
            lastAt = System.nanoTime();
            SessionUsage reading = session;
            if (reading != null) {
                AttemptUsage answer = reading.accept(piece, last);
                progress(reading.textBytes());
                if (answer != null) {
                    // Each answer has its own price, by its size and its tier.
                    sessionCost = sessionCost.and(cost(answer, Instant.now()));
                    exchange.sessionUsed(reading.told(), sessionCost.amount());
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** The session in that protocol has come to a good end. */
    void closed() {
        lock.lock();
        try {
            whole = true;
        } finally {
            lock.unlock();
        }
    }

    /** A whole answer mostly tells its usage, so that the request's text is measured for streams, and to learn. */
    private long requestText() {
        boolean known = metering.ratios().isLearned(lease.upstream().name(), ratioModel());
        boolean learns = ThreadLocalRandom.current().nextInt(known ? SAMPLED : SAMPLED_AT_FIRST) == 0;
        return stream || learns ? textOfRequest() : -1;
    }

    private long textOfRequest() {
        List<ByteBuffer> pieces = body.legible();
        if (pieces == null) {
            return -1;
        }
        RequestText measured = new RequestText();
        pieces.forEach(
                piece -> measured.accept(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining()));
        textIsPart = measured.isOnlyPart();
        return measured.bytes();
    }

    /** Reads the next piece of the answer. */
    void came(Content.Chunk chunk) {
        lock.lock();
        try {
            if (!settled) {
                whole |= chunk.isLast();
                read(chunk.getByteBuffer());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether what is still to come of the answer may say more of what it took. */
    boolean mayLearnMore() {
        lock.lock();
        try {
            return !settled && reader != null && reader.mayLearnMore();
        } finally {
            lock.unlock();
        }
    }

    private void read(ByteBuffer piece) {
        int length = piece.remaining();
        if (length == 0) {
            return;
        }
        bytesOut += length;
        lastAt = System.nanoTime();
        if (recording != null) {
            recording.answer(piece);
        }
        if (reader == null && made == null) {
            return;
        }
        if (piece.hasArray()) {
            read(piece.array(), piece.arrayOffset() + piece.position(), length);
        } else {
            byte[] bytes = new byte[length];
            piece.duplicate().get(bytes);
            read(bytes, 0, length);
        }
    }

    private void read(byte[] bytes, int offset, int length) {
        if (made != null) {
            made.accept(bytes, offset, length);
        }
        UsageReader reading = reader;
        if (reading == null) {
            return;
        }
        reading.accept(bytes, offset, length);
        progress(reading.textBytes());
    }

    /** Calls back with the time of the first text, in nanoseconds: at once if it has come, and never if none comes. */
    void whenFirstText(LongConsumer told) {
        lock.lock();
        try {
            if (firstTextAt == 0) {
                firstTextAwaited = told;
            } else {
                told.accept(firstTextAt);
            }
        } finally {
            lock.unlock();
        }
    }

    private void progress(long now) {
        if (now > text) {
            if (text == 0) {
                beganText();
            }
            lastTextAt = lastAt;
            text = now;
            metering.log().progress(flight, now);
        }
    }

    private void beganText() {
        firstTextAt = lastAt;
        LongConsumer awaited = firstTextAwaited;
        if (awaited != null) {
            firstTextAwaited = null;
            awaited.accept(firstTextAt);
        }
    }

    @Override
    public void told(AttemptResult result) {
        boolean over;
        lock.lock();
        try {
            over = !told && result.failure() != null;
            if (!told) {
                told = true;
                failure = result.failure();
                status = result.status() == 0 ? status : result.status();
                lastAt = over ? System.nanoTime() : lastAt;
            }
        } finally {
            lock.unlock();
        }
        if (over) {
            settle(lastAt);
        }
    }

    @Override
    public void brokeOff(ProxyError because) {
        lock.lock();
        try {
            failure = because;
            whole = false;
        } finally {
            lock.unlock();
        }
    }

    /** The stream says nothing but an error of this status: that is its result if another attempt follows. */
    void refused(int with) {
        lock.lock();
        try {
            refusal = with;
        } finally {
            lock.unlock();
        }
    }

    /** An attempt without a result was replaced because its connection had died. It does not count. */
    @Override
    public void supersede() {
        boolean over;
        lock.lock();
        try {
            over = told || refusal != 0;
            status = told || refusal == 0 ? status : refusal;
        } finally {
            lock.unlock();
        }
        if (over) {
            settle(lastAt);
        } else {
            discard();
        }
    }

    private void discard() {
        boolean first;
        lock.lock();
        try {
            first = !settled;
            settled = true;
        } finally {
            lock.unlock();
        }
        if (first) {
            lease.used(0, System.nanoTime());
            metering.log().ended(flight);
            Trace trace = exchange.trace();
            if (trace != null) {
                trace.discarded(lease.upstream().name());
            }
            if (recording != null) {
                recording.discard();
            }
        }
    }

    @Override
    public void end() {
        settle(System.nanoTime());
    }

    private void settle(long now) {
        SettledAttempt attempt;
        lock.lock();
        try {
            if (settled || !sent) {
                return;
            }
            settled = true;
            attempt = summary(now);
        } finally {
            lock.unlock();
        }
        lease.used(tokens(attempt.usage().usage()), now);
        exchange.settled(attempt, firstTextAt);
        metering.log().ended(flight);
        if (recording != null) {
            recording.end(attempt);
        }
    }

    private static long tokens(Usage usage) {
        return usage.get(Count.INPUT, 0) + usage.get(Count.OUTPUT, 0);
    }

    private SettledAttempt summary(long now) {
        Ending ending = ending();
        AttemptUsage usage = usage(ending);
        UpstreamConfig upstream = lease.upstream().config();
        Instant at = Instant.now();
        SessionUsage ofSession = session;
        Cost cost = ofSession == null ? cost(usage, at) : costOf(ofSession, at);
        long began = lease.acquired();
        return new SettledAttempt(
                exchange.number(),
                number,
                Objects.requireNonNull(exchange.group(), "routed").name(),
                upstream.name(),
                upstream.provider(),
                lease.key().place(),
                placement,
                model,
                stream,
                status,
                ending,
                error(ending),
                new SettledAttempt.Times(
                        began - exchange.started(),
                        since(began, headAt),
                        since(began, firstTextAt),
                        since(began, lastTextAt),
                        Math.max(0, now - began)),
                sentBytes(),
                bytesOut,
                usage,
                cost);
    }

    private Cost cost(AttemptUsage usage, Instant at) {
        UpstreamConfig upstream = lease.upstream().config();
        return metering.prices()
                .cost(new Prices.Asked(upstream.name(), upstream.provider().label(), model.sent(), at), usage);
    }

    private Cost costOf(SessionUsage answers, Instant at) {
        AttemptUsage untold = answers.untold(ratio());
        return untold == null ? sessionCost : sessionCost.and(cost(untold, at));
    }

    private TokenRatio ratio() {
        return metering.ratios().of(lease.upstream().name(), ratioModel());
    }

    private static long since(long began, long then) {
        return then == 0 ? -1 : then - began;
    }

    private Ending ending() {
        if (failure == ProxyError.HEDGE_LOST) {
            return Ending.HEDGE_LOST;
        }
        if (failure == ProxyError.STALLED) {
            return Ending.STALLED;
        }
        if (failure == ProxyError.CLIENT_GONE || (!whole && exchange.outcome() == Exchange.Outcome.CLIENT_GONE)) {
            return Ending.CLIENT_GONE;
        }
        if (headAt == 0 || status >= 400 || (whole && failure != null)) {
            return Ending.FAILED;
        }
        return whole ? Ending.COMPLETED : Ending.CUT;
    }

    private @Nullable ProxyError error(Ending ending) {
        if (ending == Ending.HEDGE_LOST) {
            return null;
        }
        if (failure != null) {
            return failure;
        }
        return switch (ending) {
            case COMPLETED, FAILED, HEDGE_LOST -> null;
            case CUT, STALLED, CLIENT_GONE -> exchange.error();
        };
    }

    private AttemptUsage usage(Ending ending) {
        SessionUsage ofSession = session;
        if (ofSession != null) {
            return ofSession.total(ratio());
        }
        UsageReader read = reader;
        if (read == null && status == 0 && sentAll && isOfText()) {
            // To measure a large body takes long, and another attempt may wait for the end of this one.
            requestText = body.isLarge() ? -1 : textOfRequest();
            return AttemptUsage.unanswered(requestText < 0 ? sentBytes() : requestText, ratio(), because(ending));
        }
        if (read == null || status >= 400) {
            return AttemptUsage.NONE;
        }
        // What is around the text counts as text, too, where it was not measured: better too much than nothing.
        long measured = requestText < 0 ? sentBytes() : requestText;
        AttemptUsage usage = read.settle(ended(ending), measured, ratio());
        metering.ratios()
                .learn(
                        lease.upstream().name(),
                        ratioModel(),
                        textIsPart ? -1 : requestText,
                        read.reasoningBytes(),
                        usage);
        return usage;
    }

    private long sentBytes() {
        return bytesIn < 0 ? body.received() : bytesIn;
    }

    /** Whether a request is billed by its text: one with sound or images in a form is not. */
    private boolean isOfText() {
        return shape != null && shape != UsageShape.IMAGES && shape != UsageShape.TRANSCRIPTION;
    }

    private static UsageMissing because(Ending ending) {
        return switch (ending) {
            case CLIENT_GONE -> UsageMissing.CLIENT_GONE;
            case HEDGE_LOST -> UsageMissing.HEDGE_LOST;
            case COMPLETED, FAILED, CUT, STALLED -> UsageMissing.CUT;
        };
    }

    private Ended ended(Ending ending) {
        if (whole) {
            return Ended.COMPLETE;
        }
        return switch (ending) {
            case CLIENT_GONE -> Ended.CLIENT_GONE;
            case HEDGE_LOST -> Ended.HEDGE_LOST;
            case COMPLETED, FAILED, CUT, STALLED -> Ended.CUT;
        };
    }

    /** What the client calls it may be anything; what is learned is kept. */
    private String ratioModel() {
        String name = model.configured();
        return name == null ? "" : name;
    }
}
