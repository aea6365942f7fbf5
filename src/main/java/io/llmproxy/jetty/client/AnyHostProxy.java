package io.llmproxy.jetty.client;

import java.net.URI;
import org.eclipse.jetty.client.HttpProxy;
import org.eclipse.jetty.client.Origin;

/** A proxy whose host may have an underscore. Jetty makes its request for a tunnel of a {@link URI}, which knows no such host. */
public final class AnyHostProxy extends HttpProxy {
    private final String standIn;

    /**
     * @param address host and port of the proxy
     * @param secure whether it is reached over TLS
     * @param standIn a host for the URI, where the proxy's own cannot stand in one
     */
    public AnyHostProxy(Origin.Address address, boolean secure, String standIn) {
        super(address, secure);
        this.standIn = standIn;
    }

    @Override
    public URI getURI() {
        URI uri = super.getURI();
        return uri.getHost() != null
                ? uri
                : URI.create(
                        uri.getScheme() + "://" + standIn + ":" + getAddress().getPort());
    }
}
