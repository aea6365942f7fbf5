package io.llmproxy.ratelimit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** All addresses that begin with the same bits. Those of IPv4 and of IPv6 are never in one network. */
record Network(IpAddress address, int prefix) {
    private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f:.]+)(?:/(\\d{1,3}))?");

    /** How many bits come before an IPv4 address that is mapped into IPv6. */
    private static final int MAPPED_PREFIX = 96;

    /** @throws IllegalArgumentException if the text is neither an address nor a network */
    static Network parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw refusal(text);
        }
        String literal = matcher.group(1);
        IpAddress address = AddressParser.address(literal).orElseThrow(() -> refusal(text));
        int before = literal.indexOf(':') < 0 ? MAPPED_PREFIX : 0;
        int prefix = matcher.group(2) == null ? 128 : before + Integer.parseInt(matcher.group(2));
        if (prefix > 128) {
            throw refusal(text);
        }
        return new Network(address, prefix);
    }

    boolean contains(IpAddress other) {
        return address.isIpv4() == other.isIpv4()
                && ((address.high() ^ other.high()) & mask(prefix)) == 0
                && ((address.low() ^ other.low()) & mask(prefix - Long.SIZE)) == 0;
    }

    /** Returns as many ones in front as there are bits, which may be fewer than none or more than fit. */
    private static long mask(int bits) {
        if (bits <= 0) {
            return 0;
        }
        return bits >= Long.SIZE ? -1 : -1L << (Long.SIZE - bits);
    }

    private static IllegalArgumentException refusal(String text) {
        return new IllegalArgumentException(text + " (expected: an IP address, or a network such as 10.0.0.0/8)");
    }
}
