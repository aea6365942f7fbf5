package io.llmproxy.it.faults;

import io.llmproxy.testing.Deployment.Kind;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/** The tests that carry {@link Fault}. */
final class FaultTests {
    private FaultTests() {}

    /**
     * One test in one deployment.
     *
     * @param method the test
     * @param kind the deployment
     */
    record Run(Method method, Kind kind) {
        /** The rows that it shows. */
        Set<String> rows() {
            return Set.of(method.getAnnotation(Fault.class).value());
        }

        /** What tells it from all others. */
        String key() {
            return name() + " " + kind;
        }

        /** Class and method. */
        String name() {
            return method.getDeclaringClass().getSimpleName() + "." + method.getName();
        }
    }

    /** All of them, in an order that does not vary. */
    static List<Run> all() {
        List<Run> runs = new ArrayList<>();
        for (Class<?> type : ReflectionSupport.findAllClassesInPackage(
                FaultTests.class.getPackageName(), found -> true, name -> name.endsWith("IT"))) {
            for (Method method : ReflectionSupport.findMethods(
                    type, found -> found.isAnnotationPresent(Fault.class), HierarchyTraversalMode.TOP_DOWN)) {
                for (Kind kind : method.getAnnotation(Fault.class).on()) {
                    runs.add(new Run(method, kind));
                }
            }
        }
        runs.sort(Comparator.comparing(Run::name).thenComparing(Run::kind));
        return runs;
    }
}
