package io.llmproxy.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys in PEM files (RFC 7468). */
public final class Pem {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN (RSA |)PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END \\1PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519", "Ed448");

    /** Version 0 and the algorithm rsaEncryption without parameters, in DER: what PKCS#8 has in front of a PKCS#1 key. */
    private static final byte[] RSA_PREFIX = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

    private static final int DER_SEQUENCE = 0x30;
    private static final int DER_OCTET_STRING = 0x04;

    private Pem() {}

    /**
     * Returns the certificates of a file, in its order.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static List<Certificate> certificates(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            List<Certificate> certificates =
                    new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (certificates.isEmpty()) {
                throw new CertificateException("no certificate");
            }
            return certificates;
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(file, "certificates in PEM", e);
        }
    }

    /**
     * Returns the private key of a file, in PKCS#8, or if it is one for RSA in PKCS#1.
     *
     * @throws IllegalArgumentException if there is none that can be read without a password
     */
    public static PrivateKey privateKey(Path file) {
        try {
            return parseKey(Files.readString(file));
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            throw unusable(file, "a PKCS#8 key in PEM, without a password", e);
        }
    }

    /** Whether a private key is the one that a certificate was made for. */
    public static boolean belong(Certificate certificate, PrivateKey key) {
        PublicKey other = certificate.getPublicKey();
        byte[] message = {1};
        try {
            Signature signature = Signature.getInstance(signatureFor(key));
            signature.initSign(key);
            signature.update(message);
            byte[] signed = signature.sign();
            signature.initVerify(other);
            signature.update(message);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException e) {
            // Of another algorithm, or of another size.
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK knows " + signatureFor(key), e);
        }
    }

    /**
     * Returns a store that trusts the certificates of a file.
     *
     * @throws IllegalArgumentException if the file holds none
     */
    public static KeyStore trustStore(Path file) {
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

    /**
     * Returns a store, without a password, that holds a certificate chain and its key.
     *
     * @throws IllegalArgumentException if the files do not hold them, or they do not belong together
     */
    public static KeyStore keyStore(Path chain, Path key) {
        Certificate[] certificates = certificates(chain).toArray(Certificate[]::new);
        PrivateKey privateKey = privateKey(key);
        if (!belong(certificates[0], privateKey)) {
            throw new IllegalArgumentException(key + ": not the key of the certificate in " + chain);
        }
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry("own", privateKey, new char[0], certificates);
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(chain, "a certificate chain in PEM, with its PKCS#8 key in " + key, e);
        }
    }

    /**
     * Tells two states of some files apart: a renewed certificate mostly has the name of the one before.
     *
     * @throws IllegalArgumentException if one cannot be read
     */
    public static String fingerprint(List<Path> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                digest.update(Files.readAllBytes(file));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("tls: " + e.getMessage(), e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static PrivateKey parseKey(String text) throws GeneralSecurityException {
        Matcher block = PRIVATE_KEY.matcher(text);
        if (!block.find()) {
            throw new InvalidKeySpecException("no PKCS#8 block");
        }
        byte[] content = Base64.getMimeDecoder().decode(block.group(2));
        PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(block.group(1).isEmpty() ? content : wrapped(content));
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

    /** Makes PKCS#8 of a key in PKCS#1. */
    private static byte[] wrapped(byte[] pkcs1) {
        ByteArrayOutputStream inside = new ByteArrayOutputStream();
        inside.writeBytes(RSA_PREFIX);
        inside.writeBytes(der(DER_OCTET_STRING, pkcs1));
        return der(DER_SEQUENCE, inside.toByteArray());
    }

    /** A length of more than 127 bytes is written in two, which is enough for keys of 500,000 bits. */
    private static byte[] der(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        out.write(0x82);
        out.write(content.length >> 8);
        out.write(content.length);
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static String signatureFor(PrivateKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "EdDSA";
        };
    }

    private static IllegalArgumentException unusable(Path file, String expected, Exception cause) {
        return new IllegalArgumentException(file + ": unusable (expected: " + expected + ")", cause);
    }
}
