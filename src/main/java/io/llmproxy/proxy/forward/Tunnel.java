package io.llmproxy.proxy.forward;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.proxy.answer.ResponseHeaders;
import io.llmproxy.proxy.attempt.Attempt;
import io.llmproxy.proxy.attempt.Upgraded;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.SessionSummary;
import io.llmproxy.proxy.passage.Answer;
import io.llmproxy.proxy.request.ContainerSide;
import io.llmproxy.proxy.request.WebSocketRequest;
import io.llmproxy.quota.Limit;
import io.llmproxy.websocket.ConnectionUpgrade;
import io.llmproxy.websocket.Handshake;
import io.llmproxy.websocket.SessionEnd;
import io.llmproxy.websocket.SessionLimits;
import io.llmproxy.websocket.Side;
import io.llmproxy.websocket.WebSocketSession;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** A session of WebSocket that an upstream has agreed to: gives the client its answer, and measures what passes. */
final class Tunnel implements WebSocketSession.Owner {
    private static final int GOING_AWAY = 1001;
    private static final int POLICY_VIOLATION = 1008;

    private final Exchange exchange;
    private final Upgraded upgraded;
    private final Attempt attempt;
    private final Owner owner;
    private final WebSocketSession session;
    private final @Nullable MessageModels models;
    private final AtomicLong bytesFromClient = new AtomicLong();
    private final AtomicLong messagesFromClient = new AtomicLong();
    private final AtomicLong messagesFromUpstream = new AtomicLong();
    private volatile @Nullable ProxyError refused;

    /** Is told how it went. */
    interface Owner {
        /** Both connections are closed. */
        void tunnelEnded(SessionEnd how);
    }

    Tunnel(Exchange exchange, Upgraded upgraded, Owner owner) {
        ForwardConfig config = exchange.forward().config();
        HttpClient client = upgraded.client();
        this.exchange = exchange;
        this.upgraded = upgraded;
        this.attempt = upgraded.attempt();
        this.owner = owner;
        this.session = new WebSocketSession(
                new SessionLimits(
                        config.websocket().idleTimeout(),
                        config.timeout().write(),
                        config.websocket().maxMessageSize()),
                new WebSocketSession.Transport(client.getExecutor(), client.getScheduler(), client.getByteBufferPool()),
                this);
        this.models = MessageModels.of(exchange);
    }

    /** Begins to speak with the upstream, and has the container answer the client and hand its connection over. */
    void open(ContainerSide container) {
        exchange.sessionBegan();
        upgraded.endPoint().upgrade(session.connection(Side.UPSTREAM, upgraded.endPoint()));
        // Should the client have left, nothing happens here, and the session waits for it in vain.
        container.handBack(this::answer);
    }

    private void answer(AsyncContext async) {
        WebSocketRequest asked = Objects.requireNonNull(exchange.webSocket(), "it has asked");
        HttpFields answer = upgraded.upstreamResponse().getHeaders();
        String chosen = answer.get(HttpHeader.SEC_WEBSOCKET_SUBPROTOCOL);
        HttpFields.Mutable headers = HttpFields.build();
        answer.stream()
                .filter(field -> field.getHeader() != HttpHeader.CONTENT_LENGTH)
                .filter(field -> !WebSocketRequest.isOfHandshake(field.getLowerCaseName()))
                .forEach(headers::add);
        HttpServletResponse clientResponse = ResponseHeaders.copy(
                Answer.withoutContent(HttpServletResponse.SC_SWITCHING_PROTOCOLS, headers), exchange);
        clientResponse.setHeader("Upgrade", "websocket");
        clientResponse.setHeader("Connection", "Upgrade");
        clientResponse.setHeader("Sec-WebSocket-Accept", Handshake.accept(asked.key()));
        if (chosen != null) {
            clientResponse.setHeader("Sec-WebSocket-Protocol", chosen);
        }
        upgrade().to(async, upgraded.client().getExecutor(), endPoint -> session.connection(Side.CLIENT, endPoint));
    }

    private ConnectionUpgrade upgrade() {
        Object upgrade = exchange.clientRequest().getAttribute(ConnectionUpgrade.ATTRIBUTE);
        return (ConnectionUpgrade) Objects.requireNonNull(upgrade, "it was there when the request came");
    }

    /** Closes the session, as the gateway stops. */
    void shutDown() {
        session.close(GOING_AWAY, "the gateway is shutting down");
    }

    /** Ends both connections as they are. */
    void abort() {
        session.abort();
    }

    void checkDeadlines(long now) {
        endIfReached();
        session.checkDeadlines(now);
    }

    /** The answer that has used a limit up passes whole; nothing is asked after it. */
    private void endIfReached() {
        Limit reached = exchange.reached();
        if (reached != null) {
            session.close(POLICY_VIOLATION, LimitQuestion.message(reached));
        }
    }

    /** What the client has asked for and must not have; null if nothing. */
    @Nullable ProxyError refused() {
        return refused;
    }

    /** Nothing that the client sends after what it must not have passes, either. */
    private boolean mayPass(MessageModels allowed, ByteBuffer piece, boolean last) {
        if (refused != null) {
            return false;
        }
        String reason = allowed.refusal(piece, last);
        if (reason == null) {
            return true;
        }
        refused = ProxyError.MODEL_NOT_ALLOWED;
        session.close(POLICY_VIOLATION, reason);
        return false;
    }

    @Override
    public boolean passes(Side from, ByteBuffer piece, boolean last) {
        int length = piece.remaining();
        boolean fromClient = from == Side.CLIENT;
        if (fromClient && models != null && !mayPass(models, piece, last)) {
            return false;
        }
        if (fromClient) {
            endIfReached();
            bytesFromClient.addAndGet(length);
            attempt.sent(length);
        } else {
            exchange.relayed(length);
            attempt.came(piece, last);
        }
        if (last) {
            (fromClient ? messagesFromClient : messagesFromUpstream).incrementAndGet();
            exchange.messagePassed(fromClient);
        }
        return true;
    }

    @Override
    public void ended(SessionEnd how) {
        exchange.sessionEnded(new SessionSummary(
                by(how), how.code(), bytesFromClient.get(), messagesFromClient.get(), messagesFromUpstream.get()));
        owner.tunnelEnded(how);
    }

    private static SessionSummary.By by(SessionEnd how) {
        if (how.by() == null) {
            return SessionSummary.By.GATEWAY;
        }
        return how.by() == Side.CLIENT ? SessionSummary.By.CLIENT : SessionSummary.By.UPSTREAM;
    }
}
