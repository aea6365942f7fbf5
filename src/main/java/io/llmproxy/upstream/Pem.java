package io.llmproxy.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys in PEM files (RFC 7468). */
final class Pem {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519", "Ed448");

    private Pem() {}

    /** Returns a store that trusts the certificates of a file. */
    static KeyStore trustStore(Path file) {
        try {
            KeyStore store = emptyStore();
            int number = 0;
            for (Certificate certificate : certificates(file)) {
                store.setCertificateEntry("ca" + number++, certificate);
            }
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(file, "certificates in PEM", e);
        }
    }

    /** Returns a store, without a password, that holds a certificate chain and its key. */
    static KeyStore keyStore(Path chain, Path key) {
        try {
            KeyStore store = emptyStore();
            Certificate[] certificates = certificates(chain).toArray(Certificate[]::new);
            store.setKeyEntry("client", privateKey(key), new char[0], certificates);
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(chain, "a certificate chain in PEM, with its PKCS#8 key in " + key, e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
        }
    }

    private static PrivateKey privateKey(Path file) throws GeneralSecurityException, IOException {
        Matcher block = PRIVATE_KEY.matcher(Files.readString(file));
        if (!block.find()) {
            throw new InvalidKeySpecException("no PKCS#8 block");
        }
        PKCS8EncodedKeySpec key =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(block.group(1)));
        InvalidKeySpecException unknown = new InvalidKeySpecException("neither RSA, EC nor EdDSA");
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(key);
            } catch (InvalidKeySpecException e) {
                unknown.addSuppressed(e);
            }
        }
        throw unknown;
    }

    private static IllegalArgumentException unusable(Path file, String expected, Exception cause) {
        return new IllegalArgumentException(file + ": unusable (expected: " + expected + ")", cause);
    }
}
