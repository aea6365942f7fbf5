package io.llmproxy.admin.api;

import io.llmproxy.access.People;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigReload;
import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.admin.Numbers;
import io.llmproxy.admin.SharedUsage;
import io.llmproxy.admin.StoredSecrets;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.explain.Explanations;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.ledger.LedgerFiles;
import io.llmproxy.ledger.LedgerStatus;
import io.llmproxy.management.Operations;
import io.llmproxy.management.Totals;
import io.llmproxy.quota.LimitHistory;
import io.llmproxy.quota.Quotas;
import io.llmproxy.upstream.OwnRequests;
import io.llmproxy.upstream.Upstreams;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gateway as the API sees it.
 *
 * @param version its release
 * @param hostName what the machine is called
 * @param startedAt when it started
 * @param lifecycle which phase it is in
 * @param figures how it does
 * @param ledger the ledger, as far as there is one
 * @param documents its configuration
 * @param audit told what operators do
 * @param people who operates the gateway
 * @param keys the client keys that are not part of it
 * @param numbers by which APIs of replaced systems call what has only a name here
 * @param secrets what the configuration refers to in its store
 * @param reload loads that again
 * @param operations what operators can do
 * @param current what is served at the moment
 * @param decider decides where requests would go
 * @param loans lets requests of the playground be those of clients
 * @param requests sends those of the playground
 * @param ports on which port a forward of the launcher is served; null in a container, which serves them below its context
 * @param clock where what happens each second is done
 */
public record Gateway(
        String version,
        Supplier<String> hostName,
        Instant startedAt,
        Lifecycle lifecycle,
        Figures figures,
        Ledger ledger,
        ConfigDocuments documents,
        AuditTrail audit,
        People people,
        IssuedKeys keys,
        Numbers numbers,
        StoredSecrets secrets,
        ConfigReload reload,
        Operations operations,
        Supplier<Current> current,
        Decider decider,
        KeyLoans loans,
        OwnRequests requests,
        Function<String, @Nullable Integer> ports,
        ScheduledExecutorService clock) {
    /** What operators call this node. */
    String node() {
        return documents.standing().map(StoreStanding::node).orElseGet(hostName);
    }

    /**
     * How the gateway does.
     *
     * @param open counts the requests that have not ended
     * @param totals counts those that have
     * @param traffic those of the last minute
     * @param used what was used in the last hours
     * @param history what came of requests to upstreams
     * @param explanations why requests went where they went
     * @param budgets how they were used up
     */
    public record Figures(
            IntSupplier open,
            Totals totals,
            Traffic traffic,
            UsedLately used,
            UpstreamHistory history,
            Explanations explanations,
            LimitHistory budgets) {}

    /**
     * The ledger.
     *
     * @param status how it does; nothing if there is none
     * @param files where it is; nothing if there is none
     * @param shared what those of all nodes say
     */
    public record Ledger(
            Supplier<Optional<LedgerStatus>> status, Supplier<Optional<LedgerFiles>> files, SharedUsage shared) {}

    /**
     * What is served.
     *
     * @param generation counts the configurations since the start, from 1
     * @param config the configuration, with what operators have changed
     * @param upstreams its upstreams and groups
     * @param quotas its limits
     */
    public record Current(long generation, ProxyConfig config, Upstreams upstreams, Quotas quotas) {}
}
