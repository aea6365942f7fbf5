package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;

/**
 * The identifiers that calls and their results share. One that fits passes as it is; one that does not becomes another,
 * always the same one, so that a conversation that is sent again reads the same.
 */
public final class CallIds {
    private static final int LONGEST_IN_CHAT = 40;
    private static final int LONGEST = 64;
    private static final int DIGITS = 8;

    private CallIds() {}

    /** Returns the identifier as a dialect takes it. */
    public static String fit(String id, Dialect target) {
        int longest = target == Dialect.CHAT ? LONGEST_IN_CHAT : LONGEST;
        boolean plainOnly = target == Dialect.MESSAGES;
        if (id.length() <= longest && !id.isEmpty() && (!plainOnly || isPlain(id))) {
            return id;
        }
        StringBuilder fitting = new StringBuilder(longest);
        for (int index = 0; index < id.length() && fitting.length() < longest - DIGITS - 1; index++) {
            fitting.append(isPlain(id.charAt(index)) ? id.charAt(index) : '_');
        }
        return fitting.append('_').append(Hash.hex(id, DIGITS)).toString();
    }

    /** Returns the identifier of a call to which the client's dialect gave none. */
    public static String ofHistory(int turn, int call, String name, String arguments) {
        return "call_" + Hash.hex(turn + "/" + call + "/" + name + "/" + arguments, 16);
    }

    private static boolean isPlain(String id) {
        for (int index = 0; index < id.length(); index++) {
            if (!isPlain(id.charAt(index))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPlain(char next) {
        return (next >= 'a' && next <= 'z')
                || (next >= 'A' && next <= 'Z')
                || (next >= '0' && next <= '9')
                || next == '_'
                || next == '-';
    }
}
