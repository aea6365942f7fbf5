package io.llmproxy.proxy.attempt;

import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.EndPoint;

/**
 * An upstream that has agreed to a session of WebSocket.
 *
 * @param attempt how it was asked
 * @param upstreamResponse what it has answered
 * @param endPoint the connection to it, which speaks HTTP no longer
 */
public record Upgraded(Attempt attempt, Response upstreamResponse, EndPoint endPoint) {
    /** The client to which the connection belonged. */
    public HttpClient client() {
        return attempt.lease().client();
    }
}
