package io.llmproxy.boot;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;

/** Uses a record as an application does that is gone later, and ends with 0 if its classes are gone as well, and else with 1. */
final class RecordOfAnotherLoader {
    private static final int COLLECTIONS = 20;

    private RecordOfAnotherLoader() {}

    record Sample(String text) {}

    public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
        WeakReference<ClassLoader> loader = use();

        LinkedRecords.forget();

        for (int collection = 0; collection < COLLECTIONS && loader.get() != null; collection++) {
            System.gc();
        }
        System.exit(loader.get() == null ? 0 : 1);
    }

    private static WeakReference<ClassLoader> use() throws IOException, ReflectiveOperationException {
        URL classes = Sample.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes}, null)) {
            Constructor<?> made = loader.loadClass(Sample.class.getName()).getDeclaredConstructor(String.class);
            made.setAccessible(true);
            Object one = made.newInstance("a");
            Object same = made.newInstance("a");
            if (one instanceof Sample || !one.equals(same) || one.hashCode() != same.hashCode()) {
                throw new AssertionError(one + " and " + same);
            }
            return new WeakReference<>(loader);
        }
    }
}
