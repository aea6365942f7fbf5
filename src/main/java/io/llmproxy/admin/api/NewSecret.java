package io.llmproxy.admin.api;

import java.security.SecureRandom;

/** Makes keys that cannot be guessed. */
final class NewSecret {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /** As random as 256 bits. */
    private static final int LENGTH = 43;

    private static final SecureRandom RANDOM = new SecureRandom();

    private NewSecret() {}

    /** Makes one that clients and tools take for a key: they look for the beginning. */
    static String key() {
        StringBuilder key = new StringBuilder("sk-");
        for (int i = 0; i < LENGTH; i++) {
            key.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return key.toString();
    }
}
