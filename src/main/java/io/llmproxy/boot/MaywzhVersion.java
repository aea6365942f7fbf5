package io.llmproxy.boot;

import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of the store that carries over one of maywzh's database. Its message says which one, for people and for nodes that follow
 * together.
 *
 * @param number counts the changes of that database
 * @param sha256 of the version's content
 * @param whole whether nothing was revoked after it
 */
record MaywzhVersion(long number, String sha256, boolean whole) {
    private static final Pattern MESSAGE = Pattern.compile("version (\\d{1,18}) of maywzh's database");
    private static final String AUTHOR = "maywzh";
    private static final int PAGE = 100;

    /** What the store's version says that carries over another one. */
    static String message(long number) {
        return "version " + number + " of maywzh's database";
    }

    /** What the store's version says that only revokes what another one has revoked. */
    static String revoked(long number) {
        return "revoked in " + message(number) + ", which is not carried over";
    }

    /** Returns the one that was carried over last, up to a version of the store; nothing if there is none. */
    static Optional<MaywzhVersion> last(ConfigStore versions, long head) {
        boolean whole = true;
        long before = head + 1;
        while (true) {
            List<ConfigVersion> page = versions.history(before, PAGE);
            for (ConfigVersion version : page) {
                if (version.origin() == Origin.IMPORT && version.author().equals(AUTHOR)) {
                    Matcher message = MESSAGE.matcher(version.message());
                    if (message.matches()) {
                        return Optional.of(
                                new MaywzhVersion(Long.parseLong(message.group(1)), version.sha256(), whole));
                    }
                    whole = false;
                }
            }
            if (page.size() < PAGE) {
                return Optional.empty();
            }
            before = page.get(PAGE - 1).id();
        }
    }

    /** Whether it says just that, and nothing was revoked since. */
    boolean says(String content) {
        return whole && sha256.equals(ConfigStore.sha256(content));
    }
}
