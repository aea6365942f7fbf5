package io.llmproxy.net;

import java.util.Optional;

/**
 * Reads the text of one IP address (RFC 4291, section 2.2). Never looks up a name, takes no forms of old (octal, fewer
 * than four numbers), and looks at no more than {@link #LONGEST} characters.
 */
final class AddressParser {
    /** 45 characters of address, 15 of an interface's name, brackets, port, and some to spare. */
    private static final int LONGEST = 100;

    private static final int WORDS = 8;
    private static final int MALFORMED = -1;

    private final String text;
    private final long[] words = new long[WORDS];
    private int count;
    private int gap = MALFORMED;

    private AddressParser(String text) {
        this.text = text;
    }

    /** Reads an address that may have brackets, a zone and a port. */
    static Optional<IpAddress> endpoint(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            boolean whole = close >= 0 && (close + 1 == text.length() || isPort(text, close + 1));
            return whole ? ipv6(withoutZone(text.substring(1, close))) : Optional.empty();
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            return ipv4(text);
        }
        if (colon == text.lastIndexOf(':')) {
            return isPort(text, colon) ? ipv4(text.substring(0, colon)) : Optional.empty();
        }
        return ipv6(withoutZone(text));
    }

    /** Reads an address and nothing else. */
    static Optional<IpAddress> address(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        return text.indexOf(':') < 0 ? ipv4(text) : ipv6(text);
    }

    private static Optional<IpAddress> ipv4(String text) {
        long bits = octets(text, 0);
        return bits == MALFORMED ? Optional.empty() : Optional.of(IpAddress.ofIpv4(bits));
    }

    private static Optional<IpAddress> ipv6(String text) {
        return new AddressParser(text).ipv6();
    }

    private Optional<IpAddress> ipv6() {
        int at = 0;
        if (text.startsWith("::")) {
            gap = 0;
            at = 2;
        }
        while (at != MALFORMED && at < text.length()) {
            at = group(at);
        }
        boolean complete = gap == MALFORMED ? count == WORDS : count < WORDS;
        return at != MALFORMED && complete ? Optional.of(spread()) : Optional.empty();
    }

    /** Reads one group and the colons behind it, and returns where the next one begins. */
    private int group(int from) {
        int colon = text.indexOf(':', from);
        if (colon < 0) {
            return text.indexOf('.', from) < 0 ? word(from, text.length()) : dotted(from);
        }
        int next = word(from, colon) == MALFORMED ? text.length() : colon + 1;
        if (next == text.length()) {
            return MALFORMED;
        }
        if (text.charAt(next) != ':') {
            return next;
        }
        if (gap != MALFORMED) {
            return MALFORMED;
        }
        gap = count;
        return next + 1;
    }

    private int word(int from, int to) {
        if (count == WORDS || from == to || to - from > 4) {
            return MALFORMED;
        }
        long word = 0;
        for (int index = from; index < to; index++) {
            int digit = hexDigit(text.charAt(index));
            if (digit == MALFORMED) {
                return MALFORMED;
            }
            word = word << 4 | digit;
        }
        words[count++] = word;
        return to;
    }

    /** Reads the IPv4 address that may take the place of the last two groups. */
    private int dotted(int from) {
        long bits = octets(text, from);
        if (bits == MALFORMED || count > WORDS - 2) {
            return MALFORMED;
        }
        words[count++] = bits >>> 16;
        words[count++] = bits & 0xFFFF;
        return text.length();
    }

    /** Moves the groups behind the gap to the end, and packs all. */
    private IpAddress spread() {
        if (gap != MALFORMED) {
            int behind = count - gap;
            for (int moved = 1; moved <= behind; moved++) {
                words[WORDS - moved] = words[count - moved];
            }
            for (int index = gap; index < WORDS - behind; index++) {
                words[index] = 0;
            }
        }
        return new IpAddress(pack(0), pack(WORDS / 2));
    }

    private long pack(int from) {
        return words[from] << 48 | words[from + 1] << 32 | words[from + 2] << 16 | words[from + 3];
    }

    /** Returns the 32 bits of four numbers with dots between, from an index to the end. */
    private static long octets(String text, int from) {
        long bits = 0;
        int at = from;
        for (int octet = 0; octet < 4; octet++) {
            int end = octet == 3 ? text.length() : text.indexOf('.', at);
            int value = end < 0 ? MALFORMED : decimal(text, at, end);
            if (value == MALFORMED || value > 255) {
                return MALFORMED;
            }
            bits = bits << 8 | value;
            at = end + 1;
        }
        return bits;
    }

    /** Returns a number of at most three digits. No zero may lead it: some read that as octal, and see another host. */
    private static int decimal(String text, int from, int to) {
        boolean padded = to - from > 1 && text.charAt(from) == '0';
        return padded || to - from > 3 ? MALFORMED : digits(text, from, to);
    }

    private static boolean isPort(String text, int colon) {
        int length = text.length() - colon - 1;
        return text.charAt(colon) == ':' && length <= 5 && digits(text, colon + 1, text.length()) != MALFORMED;
    }

    private static int digits(String text, int from, int to) {
        if (from >= to) {
            return MALFORMED;
        }
        int value = 0;
        for (int index = from; index < to; index++) {
            char c = text.charAt(index);
            if (c < '0' || c > '9') {
                return MALFORMED;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : MALFORMED;
    }

    /** Cuts off the zone: it names an interface of the machine that wrote it. One that is no name is left, and is refused. */
    private static String withoutZone(String text) {
        int percent = text.indexOf('%');
        boolean zone = percent >= 0
                && percent + 1 < text.length()
                && text.chars().skip(percent + 1L).allMatch(AddressParser::isOfZone);
        return zone ? text.substring(0, percent) : text;
    }

    private static boolean isOfZone(int c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || "-._~%".indexOf(c) >= 0);
    }
}
