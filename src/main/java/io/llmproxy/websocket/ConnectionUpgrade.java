package io.llmproxy.websocket;

import java.util.function.Function;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;

/**
 * Takes a client's connection over from HTTP. A server that can do so puts one into the attributes of each request that asks for
 * another protocol.
 */
public interface ConnectionUpgrade {
    /** Name of the request attribute that holds it. */
    String ATTRIBUTE = ConnectionUpgrade.class.getName();

    /**
     * Has another protocol spoken on the connection as soon as the answer is written, whose status has to be 101.
     *
     * @param next makes what speaks it
     */
    void to(Function<EndPoint, Connection> next);
}
