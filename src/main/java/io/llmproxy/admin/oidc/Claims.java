package io.llmproxy.admin.oidc;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a provider says of a person.
 *
 * @param all by name; strings, numbers, lists and objects
 */
record Claims(Map<String, Object> all) {
    private static final Pattern NAME = Pattern.compile("[^\\p{C}\\p{Zl}\\p{Zp}]{1,190}");
    private static final Pattern BETWEEN = Pattern.compile("\\.");

    /** Whether something is said under a name. */
    boolean has(String claim) {
        return at(claim) != null;
    }

    /** What a person is called; null if nothing is said, or if that cannot be a name. */
    @Nullable String name(String claim) {
        return at(claim) instanceof String text && NAME.matcher(text).matches() ? text : null;
    }

    /** The groups under a name. A text is one group, whatever is in it. */
    Set<String> groups(String claim) {
        Set<String> groups = new LinkedHashSet<>();
        Object told = at(claim);
        if (told instanceof String group) {
            groups.add(group);
        } else if (told instanceof Collection<?> several) {
            several.forEach(one -> {
                if (one instanceof String group) {
                    groups.add(group);
                }
            });
        }
        // It stands for everyone in the configuration: no group may have that name.
        groups.remove("*");
        return groups;
    }

    private @Nullable Object at(String claim) {
        Object whole = all.get(claim);
        if (whole != null) {
            return whole;
        }
        Object found = all;
        for (String step : BETWEEN.split(claim, -1)) {
            found = found instanceof Map<?, ?> object ? object.get(step) : null;
        }
        return found;
    }
}
