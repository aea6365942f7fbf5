package io.llmproxy.proxy.attempt;

import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.config.TimeoutConfig;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import org.jspecify.annotations.Nullable;

/**
 * What the upstream still owes before the client can be told anything: the head of its answer, the first content of a stream,
 * or all of an answer that is converted as a whole. Each has its deadlines.
 */
public final class AwaitedAnswer {
    private final HttpClientConfig settings;
    private final RequestBody body;
    private final StreamQuestion stream;
    private volatile @Nullable Attempt attempt;
    private volatile @Nullable CommitPoint opening;
    private volatile @Nullable WholeContent whole;

    /** @param settings say how long each may take */
    AwaitedAnswer(HttpClientConfig settings, RequestBody body, StreamQuestion stream) {
        this.settings = settings;
        this.body = body;
        this.stream = stream;
    }

    /** The head of this attempt's answer is awaited. */
    void await(Attempt next) {
        attempt = next;
    }

    /** The first content of a stream is awaited. */
    void await(CommitPoint next) {
        opening = next;
    }

    /** All of an answer is awaited. */
    void await(WholeContent next) {
        whole = next;
    }

    /** Another attempt takes the place of this one, as it stands. */
    void takeOver(AwaitedAnswer other) {
        opening = other.opening;
        whole = other.whole;
        attempt = other.attempt;
    }

    /** The attempt that is under way, or was last; null before the first one. */
    public @Nullable Attempt attempt() {
        return attempt;
    }

    /** Whether anything is owed. */
    public boolean isAwaited() {
        Attempt current = attempt;
        return current != null && (!current.isAnswered() || isHeldBack(opening) || isCollected(whole));
    }

    /** Whether its head has not come, or its stream is held back: another attempt may still take over. */
    boolean lacksContent() {
        Attempt current = attempt;
        return current != null && (!current.isAnswered() || isHeldBack(opening));
    }

    /** The stream whose beginning is, or was, held back; null if the answer is none. */
    @Nullable CommitPoint stream() {
        CommitPoint point = opening;
        return point != null && point.attempt() == attempt ? point : null;
    }

    private static boolean isHeldBack(@Nullable CommitPoint point) {
        return point != null && !point.isDecided();
    }

    private static boolean isCollected(@Nullable WholeContent content) {
        return content != null && !content.isOver();
    }

    /** Whether a stream may say nothing for so many nanoseconds before it is given up. */
    boolean allowsSilence(long nanos) {
        return nanos < settings.timeout().streamHead().toNanos();
    }

    /**
     * Does what is due.
     *
     * @param patient whether a stream is held back for longer than usual
     */
    void checkDeadlines(long now, boolean patient) {
        Attempt current = attempt;
        CommitPoint point = opening;
        WholeContent content = whole;
        if (current != null && !current.isAnswered()) {
            checkHead(current, now);
        } else if (point != null && !point.isDecided()) {
            checkOpening(point, now, patient);
        }
        if (content != null && !content.isOver() && isStalled(content.lastPiece(), now)) {
            content.attempt().abort(new UpstreamFailure(ProxyError.STALLED));
        }
    }

    private void checkHead(Attempt current, long now) {
        long acquired = current.lease().acquired();
        long since = body.isFlowing() ? Math.max(acquired, body.lastActivity()) : acquired;
        if (!current.isConnected()
                && now - acquired > settings.timeout().connect().toNanos()) {
            current.abort(new UpstreamFailure(ProxyError.CONNECT_TIMEOUT));
        } else if (isHeadLate(now - since)) {
            current.abort(new UpstreamFailure(ProxyError.FIRST_BYTE_TIMEOUT));
        }
    }

    /** Whether a stream was asked for is looked up only between the two limits, where it matters. */
    private boolean isHeadLate(long waited) {
        TimeoutConfig timeout = settings.timeout();
        long plain = timeout.head().toNanos();
        long ofStream = timeout.streamHead().toNanos();
        return waited > Math.max(plain, ofStream)
                || (waited > Math.min(plain, ofStream) && waited > (stream.isAsked() ? ofStream : plain));
    }

    private void checkOpening(CommitPoint point, long now, boolean patient) {
        long waited = now - point.since();
        if (isStalled(point.lastPiece(), now)) {
            point.attempt().abort(new UpstreamFailure(ProxyError.STALLED));
        } else if (waited > settings.timeout().streamHead().toNanos()) {
            point.attempt().abort(new UpstreamFailure(ProxyError.FIRST_BYTE_TIMEOUT));
        } else if (!patient && waited > settings.commitDelay().toNanos()) {
            point.expire();
        }
    }

    private boolean isStalled(long lastPiece, long now) {
        return now - lastPiece > settings.timeout().stall().toNanos();
    }
}
