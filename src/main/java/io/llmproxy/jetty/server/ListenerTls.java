package io.llmproxy.jetty.server;

import io.llmproxy.config.ListenerTlsConfig;
import io.llmproxy.config.ListenerTlsConfig.ClientAuth;
import io.llmproxy.tls.Pem;
import java.nio.file.Path;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a listener, made of files as they were at a time. Nothing of it changes: what the files hold later is another one,
 * and connections keep the one that they were made with. It holds no threads and needs no end.
 */
public final class ListenerTls {
    private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};

    private final ListenerTlsConfig config;
    private final String fingerprint;
    private final SslConnectionFactory protocol;

    private ListenerTls(ListenerTlsConfig config, String fingerprint) {
        this.config = config;
        this.fingerprint = fingerprint;
        this.protocol = new SslConnectionFactory(context(config), ListenerProtocols.NEGOTIATION);
        LifeCycle.start(protocol);
    }

    /**
     * Reads the files.
     *
     * @param before what the listener had until now; returned if nothing has changed, so that clients can resume sessions
     * @throws IllegalArgumentException if the files do not hold what they should
     */
    public static ListenerTls of(ListenerTlsConfig config, @Nullable ListenerTls before) {
        String fingerprint = Pem.fingerprint(config.files());
        if (before != null && before.config.equals(config) && before.fingerprint.equals(fingerprint)) {
            return before;
        }
        return new ListenerTls(config, fingerprint);
    }

    private static SslContextFactory.Server context(ListenerTlsConfig config) {
        SslContextFactory.Server context = new SslContextFactory.Server();
        context.setKeyStore(Pem.keyStore(config.certFile(), config.privateKeyFile()));
        context.setKeyStorePassword("");
        context.setIncludeProtocols(VERSIONS);
        context.setCipherComparator(HTTP2Cipher.COMPARATOR);
        context.setRenegotiationAllowed(false);
        Path authorities = config.clientCaFile();
        if (authorities != null) {
            context.setTrustStore(Pem.trustStore(authorities));
            context.setNeedClientAuth(config.clientAuth() == ClientAuth.REQUIRED);
            context.setWantClientAuth(config.clientAuth() == ClientAuth.OPTIONAL);
        }
        return context;
    }

    SslConnectionFactory protocol() {
        return protocol;
    }
}
