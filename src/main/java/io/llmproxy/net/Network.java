package io.llmproxy.net;

import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All addresses that begin with the same bits. Those of IPv4 and of IPv6 are never in one network. */
public final class Network {
    private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f:.]+)(?:/(\\d{1,3}))?");

    /** How many bits come before an IPv4 address that is mapped into IPv6. */
    private static final int MAPPED_PREFIX = 96;

    private static final int WHOLE = 128;

    private final IpAddress address;

    /** How many bits of 128 all addresses have in common; those of IPv4 are counted as they are mapped into IPv6. */
    private final int prefix;

    private Network(IpAddress address, int prefix) {
        this.address = address;
        this.prefix = prefix;
    }

    /** Reads an address, or an address and the length of its prefix as in {@code 10.0.0.0/8}; nothing if the text is neither. */
    public static Optional<Network> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? IpAddress.parse(matcher.group(1)).flatMap(address -> of(address, matcher))
                : Optional.empty();
    }

    private static Optional<Network> of(IpAddress address, Matcher text) {
        int before = text.group(1).indexOf(':') < 0 ? MAPPED_PREFIX : 0;
        int prefix = text.group(2) == null ? WHOLE : before + Integer.parseInt(text.group(2));
        return prefix > WHOLE ? Optional.empty() : Optional.of(new Network(address, prefix));
    }

    /** Whether an address is in it. */
    public boolean contains(IpAddress other) {
        return address.isIpv4() == other.isIpv4()
                && ((address.high() ^ other.high()) & mask(prefix)) == 0
                && ((address.low() ^ other.low()) & mask(prefix - Long.SIZE)) == 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Network that && address.equals(that.address) && prefix == that.prefix;
    }

    @Override
    public int hashCode() {
        return Objects.hash(address, prefix);
    }

    /** Returns as many ones in front as there are bits, which may be fewer than none or more than fit. */
    private static long mask(int bits) {
        if (bits <= 0) {
            return 0;
        }
        return bits >= Long.SIZE ? -1 : -1L << (Long.SIZE - bits);
    }
}
