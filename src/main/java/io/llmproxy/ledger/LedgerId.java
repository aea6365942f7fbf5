package io.llmproxy.ledger;

/** How lines and exchanges are named. A run of a process has 64 random bits, and numbers what it writes from 1. */
final class LedgerId {
    private LedgerId() {}

    /** The name of a line that holds a record. */
    static String line(String boot, long sequence) {
        return boot + "-" + sequence;
    }

    /** The name of the line that opens a file. */
    static String open(String boot, int file) {
        return boot + "-open" + file;
    }

    /** The name of the line that closes a file. */
    static String close(String boot, int file) {
        return boot + "-close" + file;
    }

    /** The name of an exchange. */
    static String exchange(String boot, long number) {
        return boot + "-x" + number;
    }

    /** The number of a line that holds a record; negative if the name is none of such a line. */
    static long sequence(String boot, String id) {
        int start = boot.length() + 1;
        if (!id.startsWith(boot + "-") || id.length() == start || id.length() > start + 18) {
            return -1;
        }
        for (int index = start; index < id.length(); index++) {
            if (id.charAt(index) < '0' || id.charAt(index) > '9') {
                return -1;
            }
        }
        return Long.parseLong(id, start, id.length(), 10);
    }
}
