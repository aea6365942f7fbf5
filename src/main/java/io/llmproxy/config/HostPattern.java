package io.llmproxy.config;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts a rule is for, as clients name them: {@code name}, {@code name:port}, {@code *.name} for any labels in front
 * of a name, and each of them with a {@code /prefix} that the paths begin with.
 */
public final class HostPattern {
    private static final String LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
    private static final String NAME = LABEL + "(?:\\." + LABEL + ")*";
    private static final String ADDRESS = "\\[[0-9a-f.]*:[0-9a-f:.]*]";
    private static final String SEGMENT = "(?!\\.{1,2}(?:/|$))(?:[\\w.~!$&'()+,;=:@-]|%[0-9A-Fa-f]{2})+";
    private static final Pattern HOST =
            Pattern.compile("(?<wildcard>\\*\\.)?(?<name>" + NAME + ")|(?<address>" + ADDRESS + ")");
    private static final Pattern WHOLE = Pattern.compile(
            "(?<host>[^/:\\[]+|\\[[^\\]/]*])(?::(?<port>[0-9]{1,5}))?(?<prefix>(?:/" + SEGMENT + ")*)/*");
    private static final int LONGEST_NAME = 253;

    /** What matches segments recurses. */
    private static final int LONGEST = 1000;

    private final String name;
    private final boolean wildcard;
    private final int port;
    private final String prefix;

    private HostPattern(String name, boolean wildcard, int port, String prefix) {
        this.name = name;
        this.wildcard = wildcard;
        this.port = port;
        this.prefix = prefix;
    }

    /** Reads a pattern; nothing if the text is none. */
    public static Optional<HostPattern> parse(String text) {
        Matcher whole = WHOLE.matcher(text);
        if (text.length() > LONGEST || !whole.matches()) {
            return Optional.empty();
        }
        Matcher host = HOST.matcher(whole.group("host").toLowerCase(Locale.ROOT));
        String written = whole.group("port");
        int port = written == null ? 0 : Integer.parseInt(written);
        boolean badPort = written != null && (port < 1 || port > 65535);
        if (badPort || !host.matches() || host.end() > LONGEST_NAME) {
            return Optional.empty();
        }
        String name = host.group("name") == null ? host.group("address") : host.group("name");
        return Optional.of(new HostPattern(name, host.group("wildcard") != null, port, whole.group("prefix")));
    }

    /** Whether any labels, at least one, stand in front of the name. */
    public boolean isWildcard() {
        return wildcard;
    }

    /** The pattern without its prefix, in lower case. */
    public String host() {
        return (wildcard ? "*." : "") + name + (port == 0 ? "" : ":" + port);
    }

    /** The segments that a path begins with and that are removed, such as {@code /v1}; empty for none. */
    public String prefix() {
        return prefix;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HostPattern that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        return host() + prefix;
    }
}
