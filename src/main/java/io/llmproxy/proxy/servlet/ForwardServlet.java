package io.llmproxy.proxy.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;

/**
 * The servlet of one forward. Its type is part of the contract with operators; {@link ForwardEntry} does the work. It is
 * served by {@link MountFilter} and no container knows it: forwards come and go with the configuration.
 */
public final class ForwardServlet extends AsyncProxyServlet {
    private static final long serialVersionUID = 1L;

    private final transient ForwardEntry entry;

    /** @param entry serves the requests */
    public ForwardServlet(ForwardEntry entry) {
        this.entry = entry;
    }

    @Override
    protected void service(HttpServletRequest clientRequest, HttpServletResponse clientResponse) throws IOException {
        entry.serve(clientRequest, clientResponse);
    }
}
