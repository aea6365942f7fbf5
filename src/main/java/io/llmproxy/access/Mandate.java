package io.llmproxy.access;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * In whose name the configuration is changed. Where a tool manages it, such as a CI job, others leave it alone, because the tool's next
 * import would undo what they do. It keeps people from mistakes; it does not prove who calls.
 *
 * @param manager what the tool that makes the change calls itself; null for a person
 * @param override whether the change is made although something else manages the configuration
 */
public record Mandate(@Nullable String manager, boolean override) {
    /** A person who knows of no tool. */
    public static final Mandate PERSON = new Mandate(null, false);

    /** What takes the mark away on the command line, so that nothing is called so. */
    public static final String NOTHING = "none";

    /** What {@link #isName} expects, for messages. */
    public static final String NAMES = "1 to 100 letters, digits and . _ : / @ - such as git; not " + NOTHING;

    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}._:/@-]{1,100}");

    /** Whether something may be called so. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches() && !text.equals(NOTHING);
    }

    /** Whether it goes over what manages the configuration; null for nothing. */
    public boolean overrides(@Nullable String managedBy) {
        return override && managedBy != null && !managedBy.equals(manager);
    }

    /** Whether it allows to change what is managed so; null for what nothing manages. */
    public boolean covers(@Nullable String managedBy) {
        return override || managedBy == null || managedBy.equals(manager);
    }
}
