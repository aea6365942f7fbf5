package io.llmproxy.net;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The IP address that a listener binds to. Prints as it was written; an address of IPv6 may have brackets. */
public final class ListenAddress {
    private final IpAddress address;
    private final String text;

    private ListenAddress(IpAddress address, String text) {
        this.address = address;
        this.text = text;
    }

    /** Reads an address; nothing if the text is none. Never looks up a name. */
    public static Optional<ListenAddress> parse(String text) {
        boolean bracketed = text.startsWith("[") && text.endsWith("]") && text.indexOf(':') > 0;
        String literal = bracketed ? text.substring(1, text.length() - 1) : text;
        return IpAddress.parse(literal).map(address -> new ListenAddress(address, text));
    }

    /** Whether only this machine can connect to it. */
    public boolean isLoopback() {
        return address.isLoopback();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ListenAddress that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
