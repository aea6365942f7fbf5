package io.llmproxy.testing;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import javax.security.auth.x500.X500Principal;

/** Makes X.509 certificates (RFC 5280) in this process: {@code keytool} would need five starts of a JVM for one. */
final class CertificateMaker {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final byte[] ECDSA_WITH_SHA256 = Der.sequence(Der.identifier(1, 2, 840, 10045, 4, 3, 2));
    private static final SecureRandom RANDOM = new SecureRandom();

    private CertificateMaker() {}

    /**
     * When a certificate is good.
     *
     * @param from its first moment
     * @param lasting how long from then
     */
    record Validity(Instant from, Duration lasting) {}

    /**
     * A certificate that is signed with a key on an elliptic curve.
     *
     * @param extension what {@link #authority()}, {@link #names} or {@link #forClients()} returned
     */
    static X509Certificate make(
            X500Principal subject,
            PublicKey key,
            byte[] extension,
            Validity validity,
            X500Principal issuer,
            PrivateKey signer)
            throws GeneralSecurityException {
        byte[] version3 = Der.element(0xa0, Der.integer(BigInteger.TWO));
        byte[] content = Der.sequence(
                version3,
                Der.integer(new BigInteger(63, RANDOM).setBit(62)),
                ECDSA_WITH_SHA256,
                issuer.getEncoded(),
                Der.sequence(time(validity.from()), time(validity.from().plus(validity.lasting()))),
                subject.getEncoded(),
                key.getEncoded(),
                Der.element(0xa3, Der.sequence(extension)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(signer);
        signature.update(content);
        byte[] whole = Der.sequence(content, ECDSA_WITH_SHA256, Der.bits(signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] time(Instant time) {
        return Der.text(0x18, TIME.format(time));
    }

    /** The basic constraints of an authority: it may sign others. */
    static byte[] authority() {
        return Der.sequence(Der.identifier(2, 5, 29, 19), Der.yes(), Der.octets(Der.sequence(Der.yes())));
    }

    /** The alternative names of a server, such as {@code ip:127.0.0.1,dns:localhost}. */
    static byte[] names(String names) {
        byte[][] each =
                Arrays.stream(names.split(",", -1)).map(CertificateMaker::name).toArray(byte[][]::new);
        return Der.sequence(Der.identifier(2, 5, 29, 17), Der.octets(Der.sequence(each)));
    }

    private static byte[] name(String name) {
        String value = name.substring(name.indexOf(':') + 1);
        if (name.startsWith("dns:")) {
            return Der.text(0x82, value);
        }
        if (name.startsWith("ip:")) {
            String[] digits = value.split("\\.", -1);
            byte[] address = new byte[digits.length];
            for (int i = 0; i < digits.length; i++) {
                address[i] = (byte) Integer.parseInt(digits[i]);
            }
            return Der.element(0x87, address);
        }
        throw new IllegalArgumentException("neither dns: nor ip: but " + name);
    }

    /** The extended key usage of a client. */
    static byte[] forClients() {
        return Der.sequence(
                Der.identifier(2, 5, 29, 37), Der.octets(Der.sequence(Der.identifier(1, 3, 6, 1, 5, 5, 7, 3, 2))));
    }
}
