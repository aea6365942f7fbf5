package io.llmproxy.websocket;

import jakarta.servlet.AsyncContext;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;

/** Takes a client's connection over from HTTP. The attributes of a request hold one if the server can do so. */
public interface ConnectionUpgrade {
    /** Name of the request attribute that holds it. */
    String ATTRIBUTE = ConnectionUpgrade.class.getName();

    /**
     * Ends an exchange with the answer that is written, whose status has to be 101. After it, another protocol is spoken on the
     * connection.
     *
     * @param async the exchange
     * @param executor does what must not be done in the midst of a read
     * @param next makes what speaks the protocol
     */
    void to(AsyncContext async, Executor executor, Function<EndPoint, Connection> next);
}
