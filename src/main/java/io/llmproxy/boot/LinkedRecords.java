package io.llmproxy.boot;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;

/**
 * What the JDK remembers of records. When the methods of a record are first used, {@link ObjectMethods} makes them out of a few
 * method handles, and each of these keeps the types that it was last adapted to. So the last record of an application that is gone
 * would hold all its classes, until some other application uses a record. JDK 25 remembers types of applications softly instead: it
 * forgets them when memory is short.
 */
final class LinkedRecords {
    private LinkedRecords() {}

    /** Has the JDK remember types of its own, by making the methods of something that looks like a record to it. */
    static void forget() {
        Class<?> record = Integer.class;
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        try {
            MethodHandle part = lookup.findVirtual(record, "toString", MethodType.methodType(String.class));
            make(lookup, "equals", MethodType.methodType(boolean.class, record, Object.class), record, part);
            make(lookup, "hashCode", MethodType.methodType(int.class, record), record, part);
            make(lookup, "toString", MethodType.methodType(String.class, record), record, part);
        } catch (ReflectiveOperationException | LinkageError e) {
            // It remembers them until some other application uses a record; nothing is logged any more by then.
            return;
        }
    }

    private static void make(
            MethodHandles.Lookup lookup, String method, MethodType type, Class<?> record, MethodHandle part)
            throws ReflectiveOperationException {
        try {
            Object unused = ObjectMethods.bootstrap(lookup, method, type, record, "part", part);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new ReflectiveOperationException(method, e);
        }
    }
}
