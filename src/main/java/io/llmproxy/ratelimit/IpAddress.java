package io.llmproxy.ratelimit;

/** A whole IP address of 128 bits; one of IPv4 as it is mapped into IPv6 ({@code ::ffff:0:0/96}). */
record IpAddress(long high, long low) {
    private static final long MAPPED = 0xFFFF_0000_0000L;

    static IpAddress ofIpv4(long bits) {
        return new IpAddress(0, MAPPED | bits);
    }

    boolean isIpv4() {
        return high == 0 && low >>> 32 == MAPPED >>> 32;
    }
}
