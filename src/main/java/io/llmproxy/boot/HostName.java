package io.llmproxy.boot;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What this machine is called. It is asked for when it is wanted first: some machines take seconds to answer. */
final class HostName {
    private static final String NAME = ask();

    private HostName() {}

    static String get() {
        return NAME;
    }

    private static String ask() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
