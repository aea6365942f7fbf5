package io.llmproxy.ledger;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Who writes.
 *
 * @param name of the node, fit for the name of a file
 * @param boot 64 random bits of this run, in hexadecimal digits
 * @param version of the program
 */
record Node(String name, String boot, String version) {
    /** Makes a new run. */
    static Node start(String name, String version) {
        return new Node(LedgerName.fit(name), HexFormat.of().toHexDigits(new SecureRandom().nextLong()), version);
    }
}
