package io.llmproxy.net;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A whole IP address of 128 bits; one of IPv4 as it is mapped into IPv6 ({@code ::ffff:0:0/96}).
 *
 * @param high the upper 64 bits
 * @param low the lower 64 bits
 */
public record IpAddress(long high, long low) {
    private static final long MAPPED = 0xFFFF_0000_0000L;
    private static final long LOOPBACK_IPV4 = 127;

    /** Returns the IPv4 address with these 32 bits. */
    public static IpAddress ofIpv4(long bits) {
        return new IpAddress(0, MAPPED | bits);
    }

    /** Reads an address and nothing else. Never looks up a name. */
    public static Optional<IpAddress> parse(String text) {
        return AddressParser.address(text);
    }

    /** Reads an address that may have brackets, a zone and a port, which are dropped. */
    public static Optional<IpAddress> parseEndpoint(String text) {
        return AddressParser.endpoint(text);
    }

    /** Whether it is an address of IPv4. */
    public boolean isIpv4() {
        return high == 0 && low >>> 32 == MAPPED >>> 32;
    }

    /** As it is written: {@code 192.0.2.1}, or eight groups of IPv6. */
    public String text() {
        if (isIpv4()) {
            return IntStream.of(24, 16, 8, 0)
                    .mapToObj(shift -> Long.toString(low >>> shift & 0xFF))
                    .collect(Collectors.joining("."));
        }
        return LongStream.of(high, low)
                .boxed()
                .flatMap(half ->
                        IntStream.of(48, 32, 16, 0).mapToObj(shift -> Long.toHexString(half >>> shift & 0xFFFF)))
                .collect(Collectors.joining(":"));
    }

    /** Whether it stands for this machine alone. */
    public boolean isLoopback() {
        return isIpv4() ? (low >>> 24 & 0xFF) == LOOPBACK_IPV4 : high == 0 && low == 1;
    }
}
