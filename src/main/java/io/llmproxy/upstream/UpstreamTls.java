package io.llmproxy.upstream;

import io.llmproxy.config.TlsConfig;
import io.llmproxy.tls.Pem;
import java.nio.file.Path;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** TLS towards an upstream: the system's authorities or one's own, and a certificate of ours if it wants one. */
final class UpstreamTls {
    private UpstreamTls() {}

    static SslContextFactory.Client factory(TlsConfig config) {
        SslContextFactory.Client factory = new SslContextFactory.Client(!config.verify());
        Path authorities = config.caFile();
        if (authorities != null) {
            factory.setTrustStore(Pem.trustStore(authorities));
        }
        Path certificate = config.certFile();
        Path key = config.keyFile();
        if (certificate != null && key != null) {
            factory.setKeyStore(Pem.keyStore(certificate, key));
            factory.setKeyStorePassword("");
        }
        factory.setEndpointIdentificationAlgorithm(config.verify() ? "HTTPS" : null);
        return factory;
    }
}
