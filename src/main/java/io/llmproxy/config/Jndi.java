package io.llmproxy.config;

import java.util.List;
import java.util.regex.Pattern;
import javax.naming.InitialContext;
import javax.naming.InvalidNameException;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.NoInitialContextException;
import org.jspecify.annotations.Nullable;

/** What a container has bound to names: for the application alone, or for all of them. */
public final class Jndi {
    /** What a name may be. A scheme such as {@code ldap:} could make the lookup ask another machine, and run what it answers. */
    public static final String NAME = "(?:java:)?[A-Za-z0-9_./-]+";

    private static final String OWN = "java:comp/env/";
    private static final Pattern NAMES = Pattern.compile(NAME);

    private Jndi() {}

    /**
     * Looks up a name: below {@code java:comp/env/}, where the application's own names are, then as it is. Some servers have names for
     * applications only in one of these places, and know the first only on their own threads.
     *
     * @return null if the name is not bound, or if there is no JNDI here
     * @throws NamingException if it is bound, but cannot be had
     */
    @SuppressWarnings("BanJNDI") // No name leads out of this process.
    public static @Nullable Object find(String name) throws NamingException {
        if (!NAMES.matcher(name).matches()) {
            throw new InvalidNameException(name + " (expected: letters, digits, _, ., - and /)");
        }
        NamingException failure = null;
        for (String full : name.startsWith("java:") ? List.of(name) : List.of(OWN + name, name)) {
            try {
                Object found = new InitialContext().lookup(full);
                if (found != null) {
                    return found;
                }
            } catch (NamingException e) {
                failure = failure == null && !isAbsence(e) ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return null;
    }

    /** GlassFish tells within another exception that nothing is bound. */
    private static boolean isAbsence(NamingException e) {
        return e instanceof NoInitialContextException
                || e instanceof NameNotFoundException
                || e.getRootCause() instanceof NameNotFoundException;
    }

    /** Whether a name can be bound here at all. */
    @SuppressWarnings("BanJNDI")
    public static boolean isHere() {
        try {
            new InitialContext().getEnvironment();
            return true;
        } catch (NamingException e) {
            return false;
        }
    }
}
