package io.llmproxy.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.llmproxy.testing.Deployment.Kind;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/** The second JDK's build runs the launcher's tests alone. */
@AnalyzeClasses(packages = "io.llmproxy", importOptions = ImportOption.OnlyIncludeTests.class)
class KindSourceTest {
    @ArchTest
    static final ArchRule aTestOfContainersMayBeLeftOut = methods()
            .that(DescribedPredicate.describe("test containers only", KindSourceTest::leavesTheLauncherOut))
            .should(new ArchCondition<>("allow no invocation") {
                @Override
                public void check(JavaMethod method, ConditionEvents events) {
                    boolean allowed =
                            method.getAnnotationOfType(ParameterizedTest.class).allowZeroInvocations();
                    events.add(new SimpleConditionEvent(
                            method, allowed, method.getFullName() + " lacks allowZeroInvocations = true"));
                }
            });

    private static boolean leavesTheLauncherOut(JavaMethod method) {
        return method.isAnnotatedWith(KindSource.class)
                && !List.of(method.getAnnotationOfType(KindSource.class).value())
                        .contains(Kind.LAUNCHER);
    }
}
