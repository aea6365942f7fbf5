package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class LinkedRecordsTest {
    record Sample(String text) {}

    @Test
    void classesOfRecordsAreNotHeldByTheJdk() throws IOException, ReflectiveOperationException {
        WeakReference<ClassLoader> loader = useARecordOfAnotherLoader();

        LinkedRecords.forget();

        Awaitility.await().until(() -> {
            System.gc();
            return loader.get() == null;
        });
    }

    /** As an application does that is gone later. */
    private static WeakReference<ClassLoader> useARecordOfAnotherLoader()
            throws IOException, ReflectiveOperationException {
        URL classes = Sample.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes}, null)) {
            Constructor<?> made = loader.loadClass(Sample.class.getName()).getDeclaredConstructor(String.class);
            made.setAccessible(true);
            assertThat(made.newInstance("a")).isNotInstanceOf(Sample.class).isEqualTo(made.newInstance("a"));
            assertThat(made.newInstance("a"))
                    .hasSameHashCodeAs(made.newInstance("a"))
                    .hasToString("Sample[text=a]");
            return new WeakReference<>(loader);
        }
    }
}
