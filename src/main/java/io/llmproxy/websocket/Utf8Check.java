package io.llmproxy.websocket;

import java.nio.ByteBuffer;

/** Checks that the pieces of a text are UTF-8, and nothing that only looks like it (RFC 3629, section 4). */
final class Utf8Check {
    private int missing;
    private int lowest = 0x80;
    private int highest = 0xBF;

    /** Looks at the next piece; false if the text is not valid, whatever follows. */
    boolean accept(ByteBuffer piece) {
        for (int i = piece.position(); i < piece.limit(); i++) {
            if (!accept(piece.get(i) & 0xFF)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the text may end here. */
    boolean isWhole() {
        return missing == 0;
    }

    private boolean accept(int octet) {
        if (missing == 0) {
            return octet < 0x80 || begin(octet);
        }
        boolean valid = octet >= lowest && octet <= highest;
        missing--;
        lowest = 0x80;
        highest = 0xBF;
        return valid;
    }

    /** The second octet of some sequences is bound more narrowly: else one character had two forms, or none. */
    private boolean begin(int octet) {
        if (octet >= 0xC2 && octet <= 0xDF) {
            missing = 1;
        } else if ((octet & 0xF0) == 0xE0) {
            missing = 2;
            lowest = octet == 0xE0 ? 0xA0 : 0x80;
            highest = octet == 0xED ? 0x9F : 0xBF;
        } else if (octet >= 0xF0 && octet <= 0xF4) {
            missing = 3;
            lowest = octet == 0xF0 ? 0x90 : 0x80;
            highest = octet == 0xF4 ? 0x8F : 0xBF;
        } else {
            return false;
        }
        return true;
    }
}
