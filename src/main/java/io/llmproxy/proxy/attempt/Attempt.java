package io.llmproxy.proxy.attempt;

import io.llmproxy.jetty.client.ConnectionState;
import io.llmproxy.jetty.client.Http2Upstreams;
import io.llmproxy.jetty.client.InterimAnswers;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import io.llmproxy.proxy.passage.Passage;
import io.llmproxy.upstream.Lease;
import io.llmproxy.websocket.Handshake;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.client.HttpUpgrader;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;

/** One request to one upstream, until the head of its answer has come or it has failed. */
public final class Attempt
        implements Request.BeginListener,
                Request.SuccessListener,
                Request.CommitListener,
                Response.ContentSourceListener,
                Response.CompleteListener,
                HttpUpgrader {
    private static final int LARGEST_STATUS = 599;

    private final Lease lease;
    private final Passage passage;
    private final Request upstreamRequest;
    private final AttemptMeter meter;
    private final Owner owner;
    private final boolean upgrades;
    private volatile boolean connected;
    private volatile boolean begun;
    private volatile boolean used;
    private volatile long bytesBefore;
    private volatile long sent;
    private volatile boolean answered;

    /** Is told what becomes of an attempt: one of the two is called, once. */
    interface Owner {
        /** The head of the answer has come. */
        void answered(Attempt attempt, Response upstreamResponse, Content.Source content);

        /** The upstream speaks WebSocket from here on, over this connection. */
        void upgraded(Attempt attempt, Response upstreamResponse, EndPoint endPoint);

        /** There will be no answer. */
        void failed(Attempt attempt, UpstreamFailure failure);
    }

    Attempt(Lease lease, Passage passage, Request upstreamRequest, AttemptMeter meter, Owner owner) {
        this.lease = lease;
        this.passage = passage;
        this.upstreamRequest = upstreamRequest;
        this.meter = meter;
        this.owner = owner;
        upstreamRequest.onRequestBegin(this);
        upstreamRequest.onRequestSuccess(this);
        upstreamRequest.onRequestCommit(this);
        this.upgrades = upstreamRequest.getHeaders().contains(HttpHeader.UPGRADE);
        if (upgrades) {
            HttpUpgrader.Factory factory = version -> this;
            upstreamRequest.attribute(HttpUpgrader.Factory.class.getName(), factory);
        }
    }

    void send() {
        meter.begin();
        upstreamRequest.send(this);
    }

    /** Stops at once, in whatever state it is. The failure is reported unless the head of the answer has come already. */
    public void abort(UpstreamFailure failure) {
        var unused = upstreamRequest.abort(failure);
    }

    Lease lease() {
        return lease;
    }

    /** Measures it. */
    AttemptMeter meter() {
        return meter;
    }

    /** What changes on the way there and back. */
    Passage passage() {
        return passage;
    }

    /** Whether a connection is there and the request is on its way. */
    boolean isConnected() {
        return connected;
    }

    private UpstreamFailure.Progress progress() {
        if (Http2Upstreams.hasLeftOut(upstreamRequest)) {
            return UpstreamFailure.Progress.LEFT_OUT;
        }
        if (begun) {
            return UpstreamFailure.Progress.SENDING;
        }
        return connected ? UpstreamFailure.Progress.CONNECTED : UpstreamFailure.Progress.NONE;
    }

    /** Whether the head of the answer has come. */
    public boolean isAnswered() {
        return answered;
    }

    /** Whether its usage is read, and what is still to come of the answer may say more of it. */
    public boolean mayTellMore() {
        return meter.mayLearnMore();
    }

    /**
     * Returns what happened on the connection, now that it has failed.
     *
     * @param now the time in nanoseconds
     */
    LostConnection lostConnection(long now) {
        long finished = sent;
        return new LostConnection(hasLostUsedConnection(), hasHeardNothing(), finished != 0, now - finished);
    }

    /**
     * Whether the connection had served other requests before, and is lost: then it may have died while it lay in the pool. A
     * stream of HTTP/2 that the upstream resets leaves its connection open.
     */
    private boolean hasLostUsedConnection() {
        return used && !ConnectionState.isOpenHttp2(upstreamRequest.getConnection());
    }

    /** Whether it was left out by the goodbye of a connection that had served other requests before. */
    boolean isLeftOutOfPooled() {
        return used && Http2Upstreams.hasLeftOut(upstreamRequest);
    }

    /** Streams of HTTP/2 share the bytes of their connection: of them only whole interim answers are seen. */
    private boolean hasHeardNothing() {
        return !InterimAnswers.came(upstreamRequest)
                && ConnectionState.bytesIn(upstreamRequest.getConnection()) == bytesBefore;
    }

    @Override
    public void onBegin(Request request) {
        connected = true;
        used = ConnectionState.wasUsed(request.getConnection());
        bytesBefore = ConnectionState.bytesIn(request.getConnection());
        if (ConnectionState.isHeadTooLong(request)) {
            abort(new UpstreamFailure(ProxyError.TOO_MANY_HEADERS));
        }
    }

    /** The head of the request has been written. */
    @Override
    public void onCommit(Request request) {
        begun = true;
    }

    /** All of the request has been written. */
    @Override
    public void onSuccess(Request request) {
        sent = System.nanoTime();
        meter.requestIsSent(true);
    }

    @Override
    public void onContentSource(Response upstreamResponse, Content.Source content) {
        int status = upstreamResponse.getStatus();
        // What is below has not been asked for, such as 101; what is above no container would pass on.
        if (status < HttpStatus.OK_200
                || status > LARGEST_STATUS
                || (upgrades && status < HttpStatus.MULTIPLE_CHOICES_300)) {
            abort(new UpstreamFailure(ProxyError.BAD_RESPONSE));
            return;
        }
        answered = true;
        owner.answered(this, upstreamResponse, meter.answered(upstreamResponse, content));
    }

    /** What a request for WebSocket needs is in its head already. */
    @Override
    public void prepare(Request request) {}

    @Override
    public void upgrade(Response upstreamResponse, EndPoint endPoint, Callback callback) {
        if (isSound(upstreamResponse.getHeaders())) {
            answered = true;
            meter.upgraded(upstreamResponse.getStatus());
            owner.upgraded(this, upstreamResponse, endPoint);
            callback.succeeded();
        } else {
            endPoint.close();
            callback.failed(new UpstreamFailure(ProxyError.BAD_RESPONSE));
        }
    }

    /** Whether the upstream agrees to what was asked, and to nothing else (RFC 6455, section 4.1). */
    private boolean isSound(HttpFields answer) {
        HttpFields asked = upstreamRequest.getHeaders();
        String accept = Handshake.accept(asked.get(HttpHeader.SEC_WEBSOCKET_KEY));
        List<String> chosen = answer.getCSV(HttpHeader.SEC_WEBSOCKET_SUBPROTOCOL, false);
        return accept.equals(answer.get(HttpHeader.SEC_WEBSOCKET_ACCEPT))
                && "websocket".equalsIgnoreCase(answer.get(HttpHeader.UPGRADE))
                && !answer.contains(HttpHeader.SEC_WEBSOCKET_EXTENSIONS)
                && chosen.size() <= 1
                && asked.getCSV(HttpHeader.SEC_WEBSOCKET_SUBPROTOCOL, false).containsAll(chosen);
    }

    /** A piece of a message of the client's goes to an upstream that speaks WebSocket. */
    public void sent(int length) {
        meter.sent(length);
    }

    /**
     * A piece of a message has come from an upstream that speaks WebSocket.
     *
     * @param last whether it ends its message
     */
    public void came(ByteBuffer piece, boolean last) {
        meter.came(piece, last);
    }

    /** The session of WebSocket has come to a good end. */
    public void sessionClosed() {
        meter.closed();
    }

    /** After the head, a failure is met by the code that reads the content. */
    @Override
    public void onComplete(Result result) {
        if (!answered) {
            if (Http2Upstreams.hasLeftOut(upstreamRequest)) {
                meter.requestIsSent(false);
            }
            owner.failed(this, UpstreamFailure.of(result.getFailure(), progress()));
        }
    }
}
