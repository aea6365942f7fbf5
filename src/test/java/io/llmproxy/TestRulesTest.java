package io.llmproxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.lang.syntax.elements.ClassesShouldConjunction;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** What tests may not do. */
class TestRulesTest {
    private static final String MEND_IT = "a test that is skipped proves nothing: mend it, or delete it";

    /** Without the libraries that they name, most of which would take longer to read than the tests. */
    private static final JavaClasses TESTS = ArchConfiguration.withThreadLocalScope(configuration -> {
        configuration.setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter().withImportOption(new OnlyIncludeTests()).importPackages("io.llmproxy");
    });

    @Test
    void noTestIsSwitchedOff() {
        noMethods().should().beAnnotatedWith(Disabled.class).because(MEND_IT).check(TESTS);
    }

    @Test
    void noClassIsSwitchedOff() {
        noClasses().should().beAnnotatedWith(Disabled.class).because(MEND_IT).check(TESTS);
    }

    @Test
    void noTestSkipsItself() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveSimpleName("Assumptions")
                .because(MEND_IT)
                .check(TESTS);
    }

    @Test
    void noTestSleeps() {
        noClasses()
                .that()
                .haveSimpleNameEndingWith("Test")
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .because("a gate or a condition is steadier: use Awaitility or a latch")
                .check(TESTS);
    }

    /** The kit does sleep, in the name of tests that measure for a while. */
    @Test
    void aSleepWouldBeSeen() {
        ClassesShouldConjunction sleeps = noClasses().should().callMethod(Thread.class, "sleep", long.class);

        assertThat(sleeps.evaluate(TESTS).getFailureReport().getDetails())
                .anyMatch(detail -> detail.contains("IdleStreams.let"));
    }
}
