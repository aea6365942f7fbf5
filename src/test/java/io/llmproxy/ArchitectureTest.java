package io.llmproxy;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmproxy.config.load.LimitsText;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.testing.ClockRule;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;

/** Who may know whom. Each rule says what to do instead. */
@AnalyzeClasses(packages = "io.llmproxy", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] MECHANISMS = {
        "..route..",
        "..balance..",
        "..breaker..",
        "..ratelimit..",
        "io.llmproxy.quota..",
        "..auth..",
        "..protocol..",
        "..convert..",
        "..usage..",
        "..journal..",
        "io.llmproxy.resource.."
    };

    @ArchTest
    static final ArchRule knowledgePointsDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("launcher")
            .definedBy("..launcher..")
            .layer("jetty.server")
            .definedBy("io.llmproxy.jetty.server..")
            .layer("boot")
            .definedBy("..boot..")
            .layer("observers")
            .definedBy("..admin..", "..metrics..", "..management..", "..explain..", "..telemetry..", "..alert..")
            .layer("ledger")
            .definedBy("io.llmproxy.ledger..", "io.llmproxy.capture..")
            .layer("store")
            .definedBy("io.llmproxy.store..")
            .layer("cluster")
            .definedBy("io.llmproxy.cluster..")
            .layer("proxy")
            .definedBy("..proxy..")
            .layer("health")
            .definedBy("..health..")
            .layer("upstream")
            .definedBy("io.llmproxy.upstream..")
            .layer("jetty.client")
            .definedBy("io.llmproxy.jetty.client..")
            .layer("mechanisms")
            .definedBy(MECHANISMS)
            .layer("config")
            .definedBy("..config..")
            .layer("jetty.loop")
            .definedBy("io.llmproxy.jetty.loop..")
            .layer("tls")
            .definedBy("..tls..")
            .layer("net")
            .definedBy("io.llmproxy.net..")
            .layer("access")
            .definedBy("io.llmproxy.access..")
            .whereLayer("access")
            .mayOnlyBeAccessedByLayers("launcher", "boot", "observers", "store")
            .layer("audit")
            .definedBy("io.llmproxy.audit..")
            .whereLayer("audit")
            .mayNotAccessAnyLayer()
            .whereLayer("audit")
            .mayOnlyBeAccessedByLayers("launcher", "boot", "observers", "store", "access")
            .whereLayer("net")
            .mayNotAccessAnyLayer()
            .whereLayer("tls")
            .mayNotAccessAnyLayer()
            .whereLayer("jetty.loop")
            .mayNotAccessAnyLayer()
            .whereLayer("jetty.loop")
            .mayOnlyBeAccessedByLayers("launcher", "jetty.server", "jetty.client", "boot", "proxy", "upstream")
            .layer("jetty.tomcat")
            .definedBy("io.llmproxy.jetty.tomcat..")
            .whereLayer("jetty.tomcat")
            .mayOnlyBeAccessedByLayers("proxy")
            .layer("jetty.container")
            .definedBy("io.llmproxy.jetty.container..")
            .whereLayer("jetty.container")
            .mayOnlyBeAccessedByLayers("boot", "proxy")
            .layer("websocket")
            .definedBy("io.llmproxy.websocket..")
            .whereLayer("websocket")
            .mayNotAccessAnyLayer()
            .whereLayer("websocket")
            .mayOnlyBeAccessedByLayers("jetty.server", "jetty.tomcat", "jetty.container", "proxy")
            .whereLayer("launcher")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("jetty.server")
            .mayOnlyBeAccessedByLayers("launcher")
            .whereLayer("boot")
            .mayOnlyBeAccessedByLayers("launcher")
            .whereLayer("observers")
            .mayOnlyBeAccessedByLayers("boot")
            .whereLayer("ledger")
            .mayOnlyBeAccessedByLayers("launcher", "boot", "observers")
            .whereLayer("store")
            .mayOnlyBeAccessedByLayers("launcher", "boot", "observers")
            .whereLayer("cluster")
            .mayOnlyBeAccessedByLayers("boot")
            .whereLayer("proxy")
            .mayOnlyBeAccessedByLayers("boot", "observers", "ledger")
            .whereLayer("health")
            .mayOnlyBeAccessedByLayers("boot", "observers")
            .whereLayer("upstream")
            .mayOnlyBeAccessedByLayers("boot", "observers", "proxy", "health")
            .whereLayer("jetty.client")
            .mayOnlyBeAccessedByLayers("upstream", "proxy")
            .whereLayer("mechanisms")
            .mayOnlyBeAccessedByLayers(
                    "jetty.server", "boot", "observers", "ledger", "cluster", "proxy", "health", "upstream")
            .because("a request is read in one direction: hand the value down, or let boot wire an interface");

    @ArchTest
    static final ArchRule aMechanismKnowsNoOther =
            com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices()
                    .matching(
                            "io.llmproxy.(route|balance|breaker|ratelimit|quota|auth|protocol|convert|usage|journal|resource)..")
                    .should()
                    .notDependOnEachOther()
                    // All know the APIs: one what passes by, the others what it means and how much it took.
                    .ignoreDependency(
                            resideInAnyPackage("io.llmproxy.convert..", "io.llmproxy.usage.."),
                            resideInAPackage("io.llmproxy.protocol.."))
                    .because("each mechanism can be read and tested alone: let upstream or proxy bring them together");

    @ArchTest
    static final ArchRule mechanismsKnowNoTransport = noClasses()
            .that()
            .resideInAnyPackage(MECHANISMS)
            .or()
            .resideInAnyPackage("..config..", "..tls..", "io.llmproxy.net..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.servlet..", "org.eclipse.jetty..")
            .because("servlets and Jetty belong to proxy and upstream: pass bytes, strings and functions");

    @ArchTest
    static final ArchRule conversionKnowsNoConfiguration = noClasses()
            .that()
            .resideInAPackage("..convert..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..config..")
            .because("bytes go in and bytes come out: hand down a Policy, Limits, an Upstream");

    @ArchTest
    static final ArchRule aDialectKnowsNoOther = com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices()
            .matching("io.llmproxy.convert.(chat|completions|messages|responses|gemini)..")
            .should()
            .notDependOnEachOther()
            .because("each dialect is read into the neutral model and written from it: put what is common into codec");

    @ArchTest
    static final ArchRule jacksonStaysWhereJsonIsRead = onlyIn(
            "com.fasterxml.jackson..",
            "read JSON through io.llmproxy.convert.json",
            "..protocol..",
            "..convert..",
            "..admin..",
            "..health..",
            "..metrics..",
            "..alert..",
            "..ledger..");

    @ArchTest
    static final ArchRule sqlStaysInTheStore = onlyIn(
            "(java.sql|javax.sql|org.h2|org.postgresql|org.flywaydb|com.zaxxer)..", "ask ConfigStore", "..store..");

    @ArchTest
    static final ArchRule theStoreKnowsOnlyTheConfiguration = noClasses()
            .that()
            .resideInAPackage("io.llmproxy.store..")
            .should()
            .dependOnClassesThat(describe(
                    "another part of LLMProxy",
                    type -> type.getPackageName().startsWith("io.llmproxy.")
                            && !type.getPackageName().startsWith("io.llmproxy.store")
                            && !type.getPackageName().startsWith("io.llmproxy.audit")
                            && !type.getPackageName().startsWith("io.llmproxy.access")
                            && !type.getPackageName().startsWith("io.llmproxy.config")))
            .because("versions are texts here: boot checks them and makes nodes follow");

    @ArchTest
    static final ArchRule redisStaysInTheCluster = onlyIn("redis.clients..", "ask a LeaseStore", "..cluster..");

    @ArchTest
    static final ArchRule oneLibraryReadsJson = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jakarta.json..")
            .because("Jackson does; SmallRye Health has the other for itself");

    @ArchTest
    static final ArchRule yamlStaysInConfig =
            onlyIn("org.yaml..", "let ConfigLoader read it, and use the records", "io.llmproxy.config.document..");

    @ArchTest
    static final ArchRule theRoomsOfConfigPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("load")
            .definedBy("io.llmproxy.config.load..")
            .layer("check")
            .definedBy("io.llmproxy.config.check..")
            .layer("foreign")
            .definedBy("io.llmproxy.config.foreign..")
            .layer("document")
            .definedBy("io.llmproxy.config.document..")
            .layer("records")
            .definedBy("io.llmproxy.config")
            .whereLayer("load")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("check")
            .mayOnlyBeAccessedByLayers("load")
            .whereLayer("foreign")
            .mayOnlyBeAccessedByLayers("load")
            .whereLayer("document")
            .mayOnlyBeAccessedByLayers("load", "check", "foreign")
            .because("a configuration is written, translated, read into records and checked in this order:"
                    + " hand the document or the records down, and let ConfigLoader bring the rooms together");

    @ArchTest
    static final ArchRule theRoomsOfProxyPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("servlet")
            .definedBy("io.llmproxy.proxy.servlet..")
            .layer("forward")
            .definedBy("io.llmproxy.proxy.forward..")
            .layer("attempt")
            .definedBy("io.llmproxy.proxy.attempt..")
            .layer("answer")
            .definedBy("io.llmproxy.proxy.answer..")
            .layer("passage")
            .definedBy("io.llmproxy.proxy.passage..")
            .layer("exchange")
            .definedBy("io.llmproxy.proxy.exchange..")
            .layer("body")
            .definedBy("io.llmproxy.proxy.body..")
            .layer("admission")
            .definedBy("io.llmproxy.proxy.admission..")
            .layer("request")
            .definedBy("io.llmproxy.proxy.request..")
            .layer("error")
            .definedBy("io.llmproxy.proxy.error..")
            .whereLayer("servlet")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("forward")
            .mayOnlyBeAccessedByLayers("servlet")
            .whereLayer("attempt")
            .mayOnlyBeAccessedByLayers("forward")
            .whereLayer("answer")
            .mayOnlyBeAccessedByLayers("servlet", "forward", "attempt")
            .whereLayer("passage")
            .mayOnlyBeAccessedByLayers("servlet", "forward", "attempt", "answer")
            .whereLayer("exchange")
            .mayOnlyBeAccessedByLayers("servlet", "forward", "attempt", "answer", "passage")
            .whereLayer("body")
            .mayOnlyBeAccessedByLayers("servlet", "forward", "attempt", "passage")
            .whereLayer("admission")
            .mayOnlyBeAccessedByLayers("servlet", "forward", "answer", "exchange")
            .whereLayer("request")
            .mayOnlyBeAccessedByLayers("servlet", "forward", "attempt", "answer", "passage", "exchange", "body")
            .whereLayer("error")
            .mayNotAccessAnyLayer()
            .because("a room that tells another what comes of its work does so through an interface of its own:"
                    + " hand the value down, or implement the interface above");

    @ArchTest
    static final ArchRule observersSeeExchangesOnly = noClasses()
            .that()
            .resideInAnyPackage(
                    "..admin..",
                    "..metrics..",
                    "..management..",
                    "..explain..",
                    "..telemetry..",
                    "io.llmproxy.ledger..",
                    "io.llmproxy.capture..")
            .should()
            .dependOnClassesThat(describe(
                    "in another room of proxy",
                    type -> type.getPackageName().startsWith("io.llmproxy.proxy.")
                            && !type.getPackageName().endsWith(".exchange")
                            && !type.getPackageName().endsWith(".error")))
            .because("an observer hears of an exchange: add what is missing to Exchange or to ExchangeListener");

    @ArchTest
    static final ArchRule onlyTheLoaderChecksAndTranslates = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.llmproxy.config.load..", "io.llmproxy.config.check..", "io.llmproxy.config.foreign..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.llmproxy.config.check..", "io.llmproxy.config.foreign..")
            .because("a configuration that ConfigLoader returns is translated and checked");

    @ArchTest
    static final ArchRule foreignFilesKnowNoRecord = noClasses()
            .that()
            .resideInAPackage("io.llmproxy.config.foreign..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.llmproxy.config")
            .because("a foreign file is translated into a document: write the keys as an operator would");

    @ArchTest
    static final ArchRule onlyBootAndTheLauncherLoad = noClasses()
            .that()
            .resideOutsideOfPackages("io.llmproxy.boot..", "io.llmproxy.launcher..", "io.llmproxy.config.load..")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("io.llmproxy.config.load..").and(not(belongToAnyOf(LimitsText.class))))
            .because(
                    "one place decides when a configuration is read: take the records; only limits of a key stand alone");

    @ArchTest
    static final ArchRule onlyDatesNeedTheClock = ClockRule.RULE;

    @ArchTest
    static final ArchRule prometheusStaysInMetrics = onlyIn(
            "io.prometheus..",
            "to count something, tell an ExchangeListener",
            "..metrics..",
            "..telemetry.push..",
            "..boot..");

    @ArchTest
    static final ArchRule openTelemetryStaysInTelemetry = onlyIn(
            "io.opentelemetry..",
            "its classes are loaded only where a collector is configured: tell an ExchangeListener",
            "..telemetry..");

    @ArchTest
    static final ArchRule instrumentsAreMadeInOnePlace = noClasses()
            .that()
            .doNotHaveSimpleName("Instruments")
            .should()
            .callMethod(Counter.class, "builder")
            .orShould()
            .callMethod(Gauge.class, "builder")
            .orShould()
            .callMethod(Histogram.class, "builder")
            .because("one that takes exemplars starts a thread that outlives the application: ask Instruments");

    @ArchTest
    static final ArchRule caffeineStaysWhereStrangersFill = onlyIn(
            "com.github.benmanes.caffeine..",
            "only what strangers can make many of needs a bounded cache: give it a mechanism of its own",
            "..ratelimit..",
            "io.llmproxy.resource",
            "io.llmproxy.convert");

    @ArchTest
    static final ArchRule framesStayInSessions = onlyIn(
            "org.eclipse.jetty.websocket..",
            "WebSocketSession passes frames: let its owner be told",
            "io.llmproxy.websocket..");

    @ArchTest
    static final ArchRule decompressionStaysInProtocol =
            onlyIn("io.airlift..", "ask ContentCoding for what was compressed", "..protocol..");

    @ArchTest
    static final ArchRule googleStaysInAuth =
            onlyIn("com.google.(auth|api|gson|common)..", "ask GoogleTokens for a header", "..auth..");

    @ArchTest
    static final ArchRule jerseyStaysInTheAdminApi = onlyIn(
            "(jakarta.ws.rs|org.glassfish)..",
            "its classes are loaded with the first call of the API only: add a resource there",
            "io.llmproxy.admin.api..");

    @ArchTest
    static final ArchRule tokensOfProvidersStayInOidc =
            onlyIn("com.nimbusds..", "ask IdentityProvider who has signed in", "io.llmproxy.admin.oidc..");

    @ArchTest
    static final ArchRule theServerStaysInTheLauncher = onlyIn(
            "org.eclipse.jetty.server..",
            "a container may be Tomcat: use the servlet API",
            "..launcher..",
            "io.llmproxy.jetty.server..");

    @ArchTest
    static final ArchRule tomcatStaysWhereItHandsOver =
            onlyIn("org.apache..", "a container may be Jetty: use the servlet API", "io.llmproxy.jetty.tomcat..");

    @ArchTest
    static final ArchRule theClientStaysOnThePath = onlyIn(
            "org.eclipse.jetty.client..",
            "UpstreamHttp owns the clients; ask a Lease for one",
            "..proxy..",
            "io.llmproxy.upstream..",
            "io.llmproxy.jetty.client..",
            "..health..");

    @ArchTest
    static final ArchRule onlyTheFenceExtendsJetty = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmproxy.jetty..")
            // The contract with operators names its type; it delegates and uses nothing of it.
            .and()
            .doNotHaveFullyQualifiedName("io.llmproxy.proxy.servlet.ForwardServlet")
            // An ordinary handler, as Jetty's documents show them: the upstream of --demo bends nothing.
            .and()
            .doNotHaveFullyQualifiedName("io.llmproxy.launcher.DemoUpstream")
            .should()
            .beAssignableTo(describe("a class of Jetty's", ArchitectureTest::extendsJetty))
            .because("each place that changes Jetty is a row of docs/jetty.md: extend it in io.llmproxy.jetty,"
                    + " and let others hold an object");

    @ArchTest
    static final ArchRule onlyTheFenceKnowsJettysInternals = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmproxy.jetty..")
            .should()
            .dependOnClassesThat(describe("inside of Jetty", ArchitectureTest::isInsideOfJetty))
            .because("what Jetty does not promise breaks without a word: ask io.llmproxy.jetty for it,"
                    + " and add a row to docs/jetty.md");

    @ArchTest
    static final ArchRule onlyTheFenceReachesHiddenMembers = noClasses()
            .that()
            .resideOutsideOfPackage("io.llmproxy.jetty..")
            .should()
            .callMethod(
                    java.lang.invoke.MethodHandles.class,
                    "privateLookupIn",
                    Class.class,
                    java.lang.invoke.MethodHandles.Lookup.class)
            .because("a member that has gone must cost a warning, not the start: use HiddenMember");

    private static boolean extendsJetty(JavaClass type) {
        return !type.isInterface() && isOfJetty(type);
    }

    private static boolean isOfJetty(JavaClass type) {
        return type.getPackageName().startsWith("org.eclipse.jetty.");
    }

    private static boolean isInsideOfJetty(JavaClass type) {
        return isOfJetty(type)
                && (type.getPackageName().contains(".internal")
                        || type.getPackageName().endsWith(".client.transport"));
    }

    @ArchTest
    static final ArchRule mechanismsAreToldTheTime = noClasses()
            .that()
            .resideInAnyPackage(MECHANISMS)
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .because("a test gives the time as an argument: take nanoseconds");

    /** {@link SourcesTest} finds those who compare paths with literals. */
    @ArchTest
    static final ArchRule pathsAreReadOnce = noClasses()
            .that()
            .resideOutsideOfPackage("..protocol..")
            .and()
            .doNotHaveSimpleName("Exchange")
            // No exchange is made, or another path is meant than the client's.
            .and()
            .doNotHaveSimpleName("ContainerError")
            .and()
            .doNotHaveSimpleName("Target")
            .and()
            .doNotHaveSimpleName("DryRun")
            .should()
            .callMethod(ApiPath.class, "of", String.class)
            .because("what a request is for is found once: ask its Exchange for the Endpoint, or add a column to that");

    @ArchTest
    static final ArchRule classesAreFinal = classes()
            .that()
            .areNotInterfaces()
            .and()
            .areNotEnums()
            .and()
            .areNotAnonymousClasses()
            .and()
            .doNotHaveModifier(ABSTRACT)
            .and()
            .areNotAnnotatedWith(jakarta.enterprise.context.Dependent.class)
            .and()
            .areNotAnnotatedWith(jakarta.enterprise.context.ApplicationScoped.class)
            .should()
            .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
            .because("nothing here is made to be extended: pass a function, or add an interface");

    @ArchTest
    static final ArchRule nothingIsSynchronized = com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods()
            .that()
            .doNotHaveName("fillInStackTrace")
            .should()
            .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED)
            .because("shared state is one immutable snapshot in an AtomicReference, or an atomic counter");

    private static ArchRule onlyIn(String library, String instead, String... homes) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(homes)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(library)
                .because(instead);
    }
}
