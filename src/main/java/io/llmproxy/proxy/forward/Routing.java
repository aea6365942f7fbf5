package io.llmproxy.proxy.forward;

import io.llmproxy.proxy.answer.AuthRefusal;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import org.jspecify.annotations.Nullable;

/** Sends an exchange to the group that a route has found for it. */
public final class Routing {
    private Routing() {}

    /**
     * Notes where a request goes.
     *
     * @param found the route, or null if there is none
     * @return why the client may not go there, or null if it may
     */
    public static @Nullable Refusal decide(Exchange exchange, RouteTable.@Nullable Match<UpstreamGroup> found) {
        if (found == null) {
            return Refusal.of(ProxyError.NO_ROUTE);
        }
        exchange.route(found);
        return AuthRefusal.of(exchange, found.target());
    }
}
