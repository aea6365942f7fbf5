package io.llmproxy.ratelimit;

import io.llmproxy.net.IpAddress;
import java.util.Optional;

/**
 * What a client is told apart by: its IPv4 address, or the /64 network of its IPv6 address, as a host chooses the rest
 * of the latter freely. An IPv4 address that is mapped into IPv6 is an IPv4 address.
 *
 * @param high the upper 64 bits of the address in IPv6; 0 for IPv4
 * @param low the lower 64 bits, of an IPv4 address as it is mapped into IPv6; 0 for IPv6
 */
public record ClientAddress(long high, long low) {
    /** Stands for every client without an IP address, as on a Unix socket: {@code 0.0.0.0}, which no client has. */
    public static final ClientAddress UNKNOWN = of(IpAddress.ofIpv4(0));

    /**
     * Reads an address as it stands in a socket or in a header, without looking up any name: {@code 192.0.2.1},
     * {@code 2001:db8::1} or {@code [2001:db8::1]}, those of IPv6 with or without a zone ({@code fe80::1%eth0}), and
     * {@code 192.0.2.1:4711} or {@code [2001:db8::1]:4711}, whose port is dropped.
     *
     * @return the address, or empty if the text is anything else
     */
    public static Optional<ClientAddress> parse(String literal) {
        return IpAddress.parseEndpoint(literal).map(ClientAddress::of);
    }

    static ClientAddress of(IpAddress address) {
        return address.isIpv4() ? new ClientAddress(0, address.low()) : new ClientAddress(address.high(), 0);
    }

    /** Returns the address as {@code 192.0.2.1}, or the network as {@code 2001:db8:0:0::/64}. */
    @Override
    public String toString() {
        return low == 0
                ? word(high >>> 48) + ':' + word(high >>> 32) + ':' + word(high >>> 16) + ':' + word(high) + "::/64"
                : octet(low >>> 24) + '.' + octet(low >>> 16) + '.' + octet(low >>> 8) + '.' + octet(low);
    }

    private static String word(long bits) {
        return Long.toHexString(bits & 0xFFFF);
    }

    private static String octet(long bits) {
        return Long.toString(bits & 0xFF);
    }
}
