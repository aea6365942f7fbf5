package io.llmproxy.boot;

import io.llmproxy.access.People;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigReload;
import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.admin.Numbers;
import io.llmproxy.admin.SharedUsage;
import io.llmproxy.admin.StoredSecrets;
import io.llmproxy.audit.AuditBook;
import io.llmproxy.config.FollowConfig;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.proxy.admission.KeyDirectory;
import io.llmproxy.quota.Quotas;
import io.llmproxy.store.Databases;
import io.llmproxy.store.LastGood;
import io.llmproxy.store.LastGoodKeys;
import io.llmproxy.store.NodeKeys;
import io.llmproxy.store.StoreException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node serves whose configuration is in a store: at the start its head, or the last good configuration, or nothing; then it
 * follows. What it gives out has the types of interfaces: a node without a store then verifies and loads no class of one.
 */
public final class StoredConfig implements ConfigReload, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoredConfig.class);

    private final ConfigSource node;
    private final StoreConfig config;
    private final NodeState state;
    private final NodeProgress progress;
    private final LastGood lastGood;
    private final KeyDirectory keys;
    private final KeyFeed feed;
    private final StoreFollower follower;
    private final NodeKeys sealing;
    private final UsageFeed used;
    private final @Nullable MaywzhFollower followed;

    /** What the node starts with. */
    private LastGood.@Nullable Snapshot start;

    /** Serves a configuration. */
    interface Serve {
        Outcome serve(Supplier<ConfigLoader.Loaded> next);
    }

    private StoredConfig(ConfigSource node, StoreConfig config, NodeState state) {
        this.node = node;
        this.config = config;
        this.state = state;
        this.progress = new NodeProgress(state.name());
        this.sealing = new NodeKeys(config, state.directory());
        this.lastGood = new LastGood(state.directory(), sealing);
        this.keys = new KeyDirectory(config.keysStaleAfter(), System::nanoTime);
        this.feed = new KeyFeed(keys, new LastGoodKeys(state.directory(), sealing));
        this.follower = new StoreFollower(node, config, state, sealing, progress, lastGood, feed);
        this.used = new UsageFeed(follower::store, config, state.id());
        FollowConfig another = config.follow();
        this.followed = another == null ? null : new MaywzhFollower(node, another, config.poll(), follower, keys);
        if (followed != null) {
            progress.follows(followed::standing);
        }
    }

    /**
     * Prepares a node; nothing is read yet.
     *
     * @param node the file of the node
     * @param config its section on the store
     * @param inContainer whether a container has started the application
     */
    public static StoredConfig of(ConfigSource node, StoreConfig config, boolean inContainer) {
        return new StoredConfig(node, config, NodeState.open(config, node.file(), inContainer));
    }

    /**
     * Returns what the node starts with: the head; if the database does not answer in time, or this node cannot serve the head, the
     * last good configuration; else the node's own file, which has no forwards.
     *
     * @throws ConfigException if the seed cannot be used, or the store is of another kind or in use
     */
    public ConfigLoader.Loaded first() {
        feed.restore();
        try {
            // H2 may take longer to say so than a start waits for the store.
            if (state.inUse() && Databases.isFiles(config)) {
                throw Databases.inUse(state.directory());
            }
            Optional<LastGood.Snapshot> head = follower.head(config.timeout());
            if (head.isEmpty()) {
                return kept().orElseGet(node::load);
            }
            learnKeys();
            Optional<ConfigLoader.Loaded> loaded = usable(head.get());
            if (loaded.isPresent()) {
                start = head.get();
                return loaded.get();
            }
        } catch (TimeoutException e) {
            LOG.warn("the store did not answer within {} ms", config.timeout().toMillis());
        } catch (StoreException e) {
            Optional<ConfigLoader.Loaded> kept = e.kind() == StoreException.Kind.DAMAGED ? kept() : Optional.empty();
            if (kept.isPresent()) {
                LOG.error("{}", e.getMessage());
                return kept.get();
            }
            if (e.kind() != StoreException.Kind.AWAY) {
                close();
                throw new ConfigException(List.of(new Problem("LLMProxy", 0, "store", String.valueOf(e.getMessage()))));
            }
            LOG.warn("{}", e.getMessage());
        } catch (ConfigException e) {
            close();
            throw e;
        }
        return kept().orElseGet(() -> {
            LOG.warn("there is no last good configuration in {}; this node waits for the store", state.directory());
            return node.load();
        });
    }

    /** Without them, a client with a key that is unknown here is told to come again. */
    private void learnKeys() {
        try {
            follower.learnKeys();
        } catch (TimeoutException | StoreException e) {
            LOG.warn("the client keys of the store cannot be read yet: {}", RootCause.of(e));
        }
    }

    private ConfigLoader.Loaded loaded(LastGood.Snapshot version) {
        return node.document(
                version.content(),
                StoreFollower.name(version.version()),
                new OpenedSecrets(version.secrets(), sealing.get()));
    }

    private Optional<ConfigLoader.Loaded> usable(LastGood.Snapshot head) {
        try {
            return Optional.of(loaded(head));
        } catch (ConfigException e) {
            progress.refuses(
                    head.version(), e.problems().stream().map(Problem::toString).toList());
            e.problems().forEach(problem -> LOG.error("{}", problem));
            return Optional.empty();
        }
    }

    private Optional<ConfigLoader.Loaded> kept() {
        return lastGood.read().flatMap(kept -> {
            try {
                ConfigLoader.Loaded loaded = loaded(kept);
                start = kept;
                LOG.warn(
                        "this node serves v{}, the last good configuration, from {}",
                        kept.version(),
                        state.directory());
                return Optional.of(loaded);
            } catch (ConfigException e) {
                e.problems().forEach(problem -> LOG.error("the last good configuration: {}", problem));
                return Optional.empty();
            }
        });
    }

    /**
     * What the node was to start with cannot be served, such as when a port is taken. Returns the last good configuration if that is
     * another version.
     *
     * @param why for the operator
     */
    public Optional<ConfigLoader.Loaded> instead(String why) {
        LastGood.Snapshot failed = start;
        if (failed == null) {
            return Optional.empty();
        }
        LOG.error("this node cannot serve v{}: {}", failed.version(), why);
        progress.refuses(failed.version(), List.of(why));
        return lastGood.read()
                .filter(kept -> kept.version() != failed.version())
                .flatMap(kept -> kept());
    }

    /** Returns how other nodes are told what operators have changed. */
    SharedOverrides overrides() {
        return new StoreOverrides(follower);
    }

    /**
     * What it started with is served; from now on the node follows.
     *
     * @param how serves a configuration
     * @param operators told what operators of all nodes have changed
     * @param here the rest of this node
     */
    void follow(Serve how, Predicate<Supplier<List<Overrides.Shared>>> operators, NodePresence here) {
        LastGood.Snapshot served = start;
        if (served != null) {
            progress.startsWith(served.version());
        }
        follower.begin(how, operators, here, served);
        used.begin(here::ledger);
        if (followed != null) {
            followed.begin();
        }
    }

    /** Returns how the node stands with its store. */
    StoreStanding standing() {
        return progress.standing();
    }

    /** Returns the directory of the node. */
    Path directory() {
        return state.directory();
    }

    /** Returns the client keys of the store. */
    KeyDirectory keys() {
        return keys;
    }

    /**
     * Returns them as operators see them.
     *
     * @param quotas the limits of the configuration in use
     */
    IssuedKeys issuedKeys(Supplier<Quotas> quotas) {
        return new StoreKeys(follower, keys, quotas);
    }

    /** Returns the numbers by which APIs of replaced systems call what is in it. */
    Numbers numbers() {
        return new StoreNumbers(follower);
    }

    /** Returns the configuration as operators see it. */
    ConfigDocuments documents() {
        return new StoreDocuments(node, follower, progress);
    }

    /** Returns what it refers to, as operators see it. */
    StoredSecrets secrets() {
        return new OperatorSecrets(node, follower);
    }

    /** Returns what all nodes have used. */
    SharedUsage usage() {
        return new StoreUsage(follower, used, this::isAway);
    }

    /** Returns where operators' acts are noted. */
    AuditBook audit() {
        return new StoreAudit(() -> StoreDocuments.opened(follower));
    }

    /** Returns who operates the gateway. */
    People people() {
        return new StorePeople(
                () -> StoreDocuments.opened(follower),
                follower::later,
                this::isAway,
                new Semaphore(StorePeople.MOST_ASKING));
    }

    private boolean isAway() {
        return progress.standing().away() != null;
    }

    /** Looks at once, and serves the head again. */
    @Override
    public Outcome reload() {
        return follower.reload();
    }

    /** Follows the store no more, which stays open until the end. */
    void rest() {
        follower.rest();
    }

    @Override
    public void close() {
        if (followed != null) {
            followed.close();
        }
        used.close();
        follower.close();
        state.close();
    }
}
