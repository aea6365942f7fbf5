package io.llmproxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Disabled;

/** What tests may not do. */
@AnalyzeClasses(packages = "io.llmproxy", importOptions = OnlyIncludeTests.class)
class TestRulesTest {
    private static final String MEND_IT = "a test that is skipped proves nothing: mend it, or delete it";

    @ArchTest
    static final ArchRule noTestIsSwitchedOff =
            noMethods().should().beAnnotatedWith(Disabled.class).because(MEND_IT);

    @ArchTest
    static final ArchRule noClassIsSwitchedOff =
            noClasses().should().beAnnotatedWith(Disabled.class).because(MEND_IT);

    @ArchTest
    static final ArchRule noTestSkipsItself = noClasses()
            .should()
            .dependOnClassesThat()
            .haveSimpleName("Assumptions")
            .because(MEND_IT);

    @ArchTest
    static final ArchRule noTestSleeps = noClasses()
            .that()
            .haveSimpleNameEndingWith("Test")
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .because("a gate or a condition is steadier: use Awaitility or a latch");
}
