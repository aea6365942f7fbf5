package io.llmproxy.upstream;

import io.llmproxy.auth.Credential;
import io.llmproxy.resource.ResourceHomes.Kept;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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
     * @return where it is, also if this node does not have the upstream: it belongs to its owner all the same. Where it has the upstream but not
     *     the key, another key may be shown
     * @throws IllegalArgumentException if no node writes such a text
     */
    public static Kept<ResourceHome> read(String text, Upstreams upstreams) {
        Matcher read = TEXT.matcher(text);
        if (!read.matches()) {
            throw new IllegalArgumentException("no key, owner and upstream");
        }
        String name = read.group(3);
        String owner = read.group(2);
        Upstream upstream = upstreams.named(name);
        Stream<Credential> credentials =
                upstream == null ? Stream.empty() : upstream.keys().credentials();
        Credential credential = credentials
                .filter(shown -> mark(name, shown).equals(read.group(1)))
                .findFirst()
                .orElseGet(Credential.None::new);
        return new Kept<>(new ResourceHome(name, credential), owner.equals(ANY) ? null : owner);
    }

    /** Whether a node with these upstreams can write down all of it. */
    public static boolean isComplete(Kept<ResourceHome> kept, Upstreams upstreams) {
        Upstream upstream = upstreams.named(kept.home().upstream());
        return upstream != null
                && upstream.keys().credentials().anyMatch(kept.home().credential()::equals);
    }

    /** An upstream with a credential of another kind has one only. */
    private static String mark(String upstream, Credential credential) {
        return credential instanceof Credential.Header header
                ? Marks.of(upstream, header.name(), header.value().reveal()).substring(0, KEY_MARK)
                : ANY;
    }
}
