package io.llmproxy.jetty.client;

import org.eclipse.jetty.client.ProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.http.HttpStatus;

/** Drops what an upstream says before its answer (100, 102, 103), and gives up on one that never comes to it. */
public final class InterimAnswers implements ProtocolHandler {
    private static final String COUNT = InterimAnswers.class.getName();
    private static final int MOST = 32;

    public InterimAnswers() {}

    /** Whether the upstream has sent any for this request: it has begun to work on it. */
    public static boolean came(Request request) {
        return request.getAttributes().containsKey(COUNT);
    }

    @Override
    public String getName() {
        return "interim";
    }

    @Override
    public boolean accept(Request request, Response response) {
        return HttpStatus.isInterim(response.getStatus());
    }

    @Override
    public Response.Listener getResponseListener() {
        return new Dropped();
    }

    /** Makes the exchange wait for the next answer. */
    private static final class Dropped implements Response.Listener {
        @Override
        public void onSuccess(Response response) {
            HttpRequest request = (HttpRequest) response.getRequest();
            HttpConversation conversation = request.getConversation();
            conversation.updateResponseListeners(null);
            HttpExchange exchange = conversation.getExchanges().peekLast();
            Integer before = (Integer) request.getAttributes().get(COUNT);
            int count = before == null ? 1 : before + 1;
            request.attribute(COUNT, count);
            if (exchange != null) {
                exchange.resetResponse();
            }
            if (count > MOST) {
                var unused = request.abort(new IllegalStateException("more than " + MOST + " interim answers"));
            }
        }

        @Override
        public void onFailure(Response response, Throwable failure) {
            HttpRequest request = (HttpRequest) response.getRequest();
            HttpConversation conversation = request.getConversation();
            conversation.updateResponseListeners(null);
            HttpExchange exchange = conversation.getExchanges().peekLast();
            if (exchange != null) {
                exchange.getResponseListeners()
                        .emitFailureComplete(new Result(request, exchange.getRequestFailure(), response, failure));
            }
        }
    }
}
