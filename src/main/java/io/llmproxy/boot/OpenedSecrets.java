package io.llmproxy.boot;

import io.llmproxy.config.Secret;
import io.llmproxy.config.SecretSource;
import io.llmproxy.store.KeyRing;
import io.llmproxy.store.SealException;
import io.llmproxy.store.SealedSecret;
import java.util.List;

/**
 * What a document refers to, opened with the keys of this node.
 *
 * @param secrets as they are stored
 * @param keys of this node
 */
record OpenedSecrets(List<SealedSecret> secrets, KeyRing keys) implements SecretSource {
    @Override
    public Secret secret(String name) throws UnknownSecretException {
        SealedSecret sealed = secrets.stream()
                .filter(secret -> secret.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnknownSecretException(
                        "no such secret (expected: one that `secrets list` shows; `secrets put` stores one)"));
        try {
            return keys.open(sealed);
        } catch (SealException e) {
            throw new UnknownSecretException(e.reason());
        }
    }
}
