package io.llmproxy.proxy.servlet;

import io.llmproxy.protocol.ApiFamily;
import io.llmproxy.protocol.ModelListing;
import io.llmproxy.proxy.answer.ErrorAnswer;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.passage.ConfinedListing;
import io.llmproxy.proxy.request.RequestId;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tells clients which models there are, where the configuration says so. A model is listed if a request for it, in the same
 * dialect and with the same key, would be served.
 */
final class ModelCatalog {
    private static final Set<String> READING = Set.of("GET", "HEAD");

    private final Exchange exchange;
    private final RouteTable<UpstreamGroup>.Lookup route;
    private final ApiFamily family;

    private ModelCatalog(Exchange exchange, RouteTable<UpstreamGroup>.Lookup route) {
        this.exchange = exchange;
        this.route = route;
        this.family = switch (exchange.dialect()) {
            case OPENAI, RESPONSES -> ApiFamily.OPENAI;
            case ANTHROPIC -> ApiFamily.MESSAGES;
            case GEMINI -> ApiFamily.GEMINI;
        };
    }

    /**
     * Answers a request for the list of models, or for one of them, and ends the exchange; false if it asks for something
     * else, or for what only an upstream knows.
     *
     * @param route the exchange's, which may wait for the model
     */
    static boolean answers(Exchange exchange, RouteTable<UpstreamGroup>.Lookup route) throws IOException {
        if (!READING.contains(exchange.method())) {
            return false;
        }
        ModelCatalog catalog = new ModelCatalog(exchange, route);
        String model = exchange.modelAlone();
        if (model != null) {
            return catalog.tell(
                    AskedModel.inPath(model, exchange.forward().config().modelPrefix(), List.of()));
        }
        return ConfinedListing.isList(exchange.endpointInAnyCase()) && catalog.tellAll();
    }

    private boolean tell(AskedModel model) throws IOException {
        UpstreamGroup group = group(model.name());
        if (group == null || !names(group, model) || !model.isAllowed(exchange.clientKey())) {
            return false;
        }
        if (isServed(group, model)) {
            send(ModelListing.one(exchange.dialect(), model.requested()));
        } else {
            ErrorAnswer.send(exchange, model.notFound());
        }
        return true;
    }

    private boolean tellAll() throws IOException {
        UpstreamGroup group = exchange.group();
        Set<UpstreamGroup> groups = group == null ? exchange.forward().groups() : Set.of(group);
        if (groups.stream().noneMatch(UpstreamGroup::distinguishesModels)) {
            return false;
        }
        TreeSet<String> names = new TreeSet<>();
        groups.forEach(each -> names.addAll(each.modelNames()));
        String prefix = exchange.forward().config().modelPrefix();
        List<String> listed = names.stream()
                .map(name -> new AskedModel(
                        prefix == null ? name : prefix + '/' + name, name, true, false, false, List.of()))
                .filter(this::isListed)
                .map(AskedModel::requested)
                .toList();
        send(ModelListing.all(exchange.dialect(), listed));
        return true;
    }

    private boolean isListed(AskedModel model) {
        UpstreamGroup group = group(model.name());
        return group != null && model.isAllowed(exchange.clientKey()) && isServed(group, model);
    }

    private @Nullable UpstreamGroup group(String model) {
        RouteTable.Match<UpstreamGroup> match = route.resolve(model);
        return match == null ? null : match.target();
    }

    /** Whether an upstream says that it has the model, and does not just have any. */
    private static boolean names(UpstreamGroup group, AskedModel model) {
        return group.has(upstream -> !upstream.config().models().isAll() && model.isServedBy(upstream));
    }

    private boolean isServed(UpstreamGroup group, AskedModel model) {
        return group.has(upstream -> isOpen(group, upstream) && model.isServedBy(upstream));
    }

    private boolean isOpen(UpstreamGroup group, Upstream upstream) {
        return (upstream.serves(family) || (group.converts() && upstream.isApiKnown())) && exchange.mayUse(upstream);
    }

    private void send(byte[] body) throws IOException {
        HttpServletResponse clientResponse = exchange.clientResponse();
        clientResponse.setContentType("application/json");
        clientResponse.setHeader(RequestId.HEADER, exchange.id());
        exchange.answering(HttpServletResponse.SC_OK, null);
        ErrorAnswer.sendWhole(exchange, body);
    }
}
