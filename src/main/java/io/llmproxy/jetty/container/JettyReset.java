package io.llmproxy.jetty.container;

import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells that a client of HTTP/2 has reset its stream. The Jetty that serves the web application tells an {@code AsyncListener} so only
 * while none of its threads is in the web application for that request, and forgets it otherwise; a listener of its own request is always
 * told.
 */
public final class JettyReset {
    private static final Logger LOG = LoggerFactory.getLogger(JettyReset.class);
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private JettyReset() {}

    /**
     * Has something done when the client of a request resets its stream; does nothing if the container is not a Jetty. To be called after
     * the request has become asynchronous, so that Jetty's own listener comes first.
     */
    public static void listen(HttpServletRequest clientRequest, Runnable gone) {
        if (!clientRequest.getProtocol().equals("HTTP/2.0")) {
            return;
        }
        try {
            JettyRequest request = JettyRequest.of(clientRequest);
            if (request != null) {
                request.onFailure(failure -> gone.run());
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            if (!WARNED.getAndSet(true)) {
                LOG.warn(
                        "this Jetty tells of a reset stream in another way than 12.0 and 12.1 do; some are noticed late",
                        e);
            }
        }
    }
}
