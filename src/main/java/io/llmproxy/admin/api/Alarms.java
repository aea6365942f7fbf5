package io.llmproxy.admin.api;

import io.llmproxy.health.StoreStanding;
import io.llmproxy.management.UpstreamOverride;
import io.llmproxy.upstream.Standing;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What an operator should look at. */
final class Alarms {
    private final Gateway gateway;

    Alarms(Gateway gateway) {
        this.gateway = gateway;
    }

    record Alarm(String severity, String code, String kind, String name, String message) {}

    /** The worst first. */
    List<Alarm> now() {
        List<Alarm> critical = new ArrayList<>();
        List<Alarm> warnings = new ArrayList<>();
        Gateway.Current current = gateway.current().get();
        long now = System.nanoTime();
        for (UpstreamGroup group : current.upstreams().groups()) {
            if (group.shares(now).stream().allMatch(share -> share.effective() == 0)) {
                critical.add(new Alarm(
                        "critical",
                        "group_down",
                        "group",
                        group.name(),
                        "group " + group.name() + ": none of its upstreams is available"));
            }
        }
        for (Upstream upstream : current.upstreams().all()) {
            Standing standing = upstream.standing(now);
            if (!standing.isUp() && standing != Standing.DISABLED) {
                warnings.add(upstream(upstream, "upstream_down", "is unavailable: " + standing.label()));
            }
            gateway.operations()
                    .said(upstream.name())
                    .ifPresent(said -> warnings.add(upstream(upstream, "override", said(said))));
        }
        gateway.ledger().status().get().ifPresent(ledger -> {
            if (ledger.error() != null) {
                critical.add(gateway("critical", "ledger", "the ledger cannot be written"));
            }
        });
        gateway.documents().standing().ifPresent(standing -> store(standing, critical, warnings));
        critical.addAll(warnings);
        return critical;
    }

    private static void store(StoreStanding standing, List<Alarm> critical, List<Alarm> warnings) {
        Duration away = standing.away();
        if (away != null) {
            critical.add(
                    gateway("critical", "store_away", "the store has not answered for " + away.toSeconds() + " s"));
        }
        StoreStanding.Followed followed = standing.followed();
        if (followed != null) {
            followed(followed, critical);
        }
        if (!standing.nack().isEmpty()) {
            warnings.add(gateway(
                    "warning",
                    "node_nack",
                    "this node does not serve version " + standing.tried() + ": "
                            + standing.nack().get(0)));
        }
    }

    private static void followed(StoreStanding.Followed followed, List<Alarm> critical) {
        String database = "the database of " + followed.system();
        Duration away = followed.away();
        if (away != null) {
            critical.add(gateway(
                    "critical", "followed_away", database + " has not answered for " + away.toSeconds() + " s"));
        }
        if (!followed.problems().isEmpty()) {
            critical.add(gateway(
                    "critical",
                    "followed_refused",
                    "version " + followed.version() + " of " + database + " is not carried over: "
                            + followed.problems().get(0)));
        }
    }

    private static String said(UpstreamOverride said) {
        return "is " + said.mode().label() + " by " + said.by()
                + (said.until() == null ? "" : " until " + Times.told(said.until()))
                + (said.reason() == null ? "" : ": " + said.reason());
    }

    private static Alarm upstream(Upstream upstream, String code, String what) {
        return new Alarm("warning", code, "upstream", upstream.name(), "upstream " + upstream.name() + " " + what);
    }

    private static Alarm gateway(String severity, String code, String message) {
        return new Alarm(severity, code, "gateway", "", message);
    }
}
