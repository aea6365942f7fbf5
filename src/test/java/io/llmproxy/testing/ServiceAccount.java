package io.llmproxy.testing;

import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Keys of Google service accounts that Google has never heard of. */
public final class ServiceAccount {
    private ServiceAccount() {}

    /** Returns what Google hands out as JSON, with a fresh key, and a token endpoint of ours. */
    public static String json(String tokenUri) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            String key = Base64.getMimeEncoder(64, new byte[] {'\n'})
                    .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
            return """
                    {"type": "service_account", "project_id": "p", "private_key_id": "1", "client_id": "1",
                     "client_email": "gateway@p.iam.gserviceaccount.com", "token_uri": "%s",
                     "private_key": "-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n"}
                    """.formatted(tokenUri, key.replace("\n", "\\n"));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
