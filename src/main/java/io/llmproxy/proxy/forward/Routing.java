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
     * @param route what was looked up
     * @param model the model that the request asks for; null if it names none, or if that decides nothing
     * @return why the client may not go there, or null if it may
     */
    public static @Nullable Refusal decide(
            Exchange exchange, RouteTable<UpstreamGroup>.Lookup route, @Nullable String model) {
        RouteTable.Match<UpstreamGroup> found = route.resolve(model);
        if (found == null) {
            return Refusal.of(ProxyError.NO_ROUTE);
        }
        exchange.ruled(route.rule(model));
        exchange.route(found);
        return AuthRefusal.of(exchange, found.target());
    }
}
