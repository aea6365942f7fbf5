package io.llmproxy.jetty;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import org.eclipse.jetty.util.Jetty;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reaches what Jetty keeps for itself. Where a version lacks it, one warning says what follows, and Jetty goes on without us. */
public final class HiddenMember {
    private static final Logger LOG = LoggerFactory.getLogger(HiddenMember.class);

    private HiddenMember() {}

    /** Finds a member by its owner. */
    @FunctionalInterface
    private interface Search {
        MethodHandle in(Lookup owner) throws ReflectiveOperationException;
    }

    /**
     * Returns a method without parameters and result; null if this version has none.
     *
     * @param owner the class that declares it
     * @param name its name
     * @param without what an operator notices where it is missing, as the end of a sentence that begins with Jetty's version
     */
    public static @Nullable MethodHandle action(Class<?> owner, String name, String without) {
        return find(owner, name, without, lookup -> lookup.findVirtual(owner, name, MethodType.methodType(void.class)));
    }

    /**
     * Returns what reads a field; null if this version has none.
     *
     * @param owner the class that declares it
     * @param name its name
     * @param type its type
     * @param without what an operator notices where it is missing, as the end of a sentence that begins with Jetty's version
     */
    public static @Nullable MethodHandle getter(Class<?> owner, String name, Class<?> type, String without) {
        return find(owner, name, without, lookup -> lookup.findGetter(owner, name, type));
    }

    private static @Nullable MethodHandle find(Class<?> owner, String name, String without, Search search) {
        try {
            return search.in(MethodHandles.privateLookupIn(owner, MethodHandles.lookup()));
        } catch (ReflectiveOperationException e) {
            LOG.warn("Jetty {} has no {}.{}; it {}", Jetty.VERSION, owner.getSimpleName(), name, without, e);
            return null;
        }
    }
}
