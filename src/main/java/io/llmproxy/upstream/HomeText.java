package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.resource.ResourceHomes.Kept;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What nodes write down for each other of what an upstream keeps: a mark of its key, a mark of the owner, and its name. No key can be read from it. */
public final class HomeText {
    /** Any key, any client. */
    private static final String ANY = "-";

    /** The keys of one upstream are to be told apart. */
    private static final int KEY_MARK = 12;

    private static final Pattern TEXT = Pattern.compile("(-|[0-9a-f]{12}) (-|[\\w-]{22}) (.{1,300})");

    private HomeText() {}

    /** Writes it. */
    public static String of(Kept<ResourceHome> kept) {
        ResourceHome home = kept.home();
        String owner = kept.owner();
        return mark(home.upstream(), home.credential()) + ' ' + (owner == null ? ANY : owner) + ' ' + home.upstream();
    }

    /**
     * Reads what another node has written.
     *
     * @param upstreams those of this node
     * @return null if this node does not have the upstream. Where it has the upstream but not the key, another key may be shown
     * @throws IllegalArgumentException if no node writes such a text
     */
    public static @Nullable Kept<ResourceHome> read(String text, Upstreams upstreams) {
        Matcher read = TEXT.matcher(text);
        if (!read.matches()) {
            throw new IllegalArgumentException("no key, owner and upstream");
        }
        String name = read.group(3);
        String owner = read.group(2);
        Upstream upstream = upstreams.named(name);
        if (upstream == null) {
            return null;
        }
        Credential credential = upstream.keys()
                .credentials()
                .filter(shown -> mark(name, shown).equals(read.group(1)))
                .findFirst()
                .orElseGet(Credential.None::new);
        return new Kept<>(new ResourceHome(name, credential), owner.equals(ANY) ? null : owner);
    }

    /** An upstream with a credential of another kind has one only. */
    private static String mark(String upstream, Credential credential) {
        return credential instanceof Credential.Header header
                ? Marks.of(upstream, header.name(), header.value().reveal()).substring(0, KEY_MARK)
                : ANY;
    }
}
