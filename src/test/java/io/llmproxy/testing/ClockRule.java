package io.llmproxy.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;

/** Only what tells dates looks at the clock: all that measures a time, or waits for one, would be wrong when the clock jumps. */
public final class ClockRule {
    /** Where a date is printed, or compared with one that came from outside. */
    private static final Set<String> TELL_DATES = Set.of(
            "io.llmproxy.admin.api.KeysResource",
            "io.llmproxy.admin.api.LiveFeed",
            "io.llmproxy.admin.api.MaywzhHealth",
            "io.llmproxy.admin.api.NodesResource",
            "io.llmproxy.admin.api.RuntimeResource",
            "io.llmproxy.admin.api.StateResource",
            "io.llmproxy.admin.api.UsageResource",
            "io.llmproxy.admin.oidc.IdTokens",
            "io.llmproxy.alert.Webhook$Reply",
            "io.llmproxy.boot.DryRuns",
            "io.llmproxy.boot.Operator",
            "io.llmproxy.boot.ProxyAssembly",
            "io.llmproxy.boot.Reloader",
            "io.llmproxy.explain.Explanation",
            "io.llmproxy.launcher.DemoUpstream",
            "io.llmproxy.metrics.ConfigMetrics",
            "io.llmproxy.metrics.Distribution",
            "io.llmproxy.metrics.Timestamp",
            "io.llmproxy.proxy.attempt.AttemptMeter",
            "io.llmproxy.proxy.attempt.Judgement",
            "io.llmproxy.proxy.passage.Conversions",
            "io.llmproxy.proxy.passage.ConvertedHead",
            "io.llmproxy.proxy.passage.ConvertedPassage",
            "io.llmproxy.proxy.passage.DecodedCall$Chat",
            "io.llmproxy.proxy.servlet.AuthFilter",
            "io.llmproxy.telemetry.ExchangeTrace",
            "io.llmproxy.telemetry.Exports",
            "io.llmproxy.telemetry.push.Push");

    private static final Map<String, Set<String>> CLOCKS = Map.of(
            "java.lang.System", Set.of("currentTimeMillis"),
            "java.time.Instant", Set.of("now"),
            "java.time.ZonedDateTime", Set.of("now"),
            "java.time.OffsetDateTime", Set.of("now"),
            "java.time.LocalDateTime", Set.of("now"),
            "java.time.Clock", Set.of("systemUTC", "systemDefaultZone", "system"),
            "java.util.Date", Set.of("<init>"),
            "java.util.Timer", Set.of("<init>"));

    /** The rule. */
    public static final ArchRule RULE = noClasses()
            .that(DescribedPredicate.describe("tell no dates", type -> !TELL_DATES.contains(type.getName())))
            .should()
            .callCodeUnitWhere(DescribedPredicate.describe(
                    "the clock is looked at",
                    call -> CLOCKS.getOrDefault(call.getTargetOwner().getName(), Set.of())
                            .contains(call.getName())))
            .because("the clock may jump; System.nanoTime() does not");

    private ClockRule() {}
}
