package io.llmproxy.convert.codec;

import java.security.SecureRandom;

/** Makes names that nothing else has. */
public interface Ids {
    /** Returns so many random letters and digits. */
    String next(int length);

    /** Returns the source that is used outside of tests. */
    static Ids random() {
        return RandomIds.INSTANCE;
    }

    /** From the system's source of randomness. */
    enum RandomIds implements Ids {
        /** The only one. */
        INSTANCE;

        private static final String LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        private static final SecureRandom RANDOM = new SecureRandom();

        @Override
        public String next(int length) {
            byte[] random = new byte[length];
            RANDOM.nextBytes(random);
            StringBuilder id = new StringBuilder(length);
            for (byte next : random) {
                id.append(LETTERS.charAt((next & 0xff) % LETTERS.length()));
            }
            return id.toString();
        }
    }
}
