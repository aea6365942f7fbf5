package io.llmproxy.jetty.server;

import io.llmproxy.jetty.loop.LoopThreads;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Serves clients on the event loop that has read their request, as nothing blocks there, and operators on other threads: a
 * reload reads files, and their answers are written as servlets do.
 */
public final class OperatorCalls extends Handler.Wrapper {
    /** Name of the connector that operators call. */
    public static final String CONNECTOR = "admin";

    private final LoopThreads threads;

    public OperatorCalls(Handler application, LoopThreads threads) {
        super(application);
        this.threads = threads;
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        if (!CONNECTOR.equals(request.getConnectionMetaData().getConnector().getName())) {
            return super.handle(request, response, callback);
        }
        threads.executeBlocking(() -> handleHere(request, response, callback));
        return true;
    }

    private void handleHere(Request request, Response response, Callback callback) {
        try {
            // The application takes every path.
            var unused = super.handle(request, response, callback);
        } catch (Throwable e) {
            Response.writeError(request, response, callback, e);
        }
    }
}
