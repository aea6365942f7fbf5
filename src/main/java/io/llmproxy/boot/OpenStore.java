package io.llmproxy.boot;

import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.StoreConfig.Migrate;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.store.AuditTable;
import io.llmproxy.store.ClientKeyStore;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Database;
import io.llmproxy.store.Databases;
import io.llmproxy.store.Draft;
import io.llmproxy.store.Head;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.NodeKeys;
import io.llmproxy.store.NodeReport;
import io.llmproxy.store.Nodes;
import io.llmproxy.store.OverrideTable;
import io.llmproxy.store.Schema;
import io.llmproxy.store.SessionTable;
import io.llmproxy.store.StoreBackup;
import io.llmproxy.store.StoreException;
import io.llmproxy.store.TokenTable;
import io.llmproxy.store.UsageHours;
import io.llmproxy.store.UserTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store with tables that this release can use.
 *
 * @param database where it is
 * @param config the node's section on it
 * @param versions its versions
 * @param nodes its nodes
 * @param keys its client keys
 * @param secrets what its versions refer to
 */
public record OpenStore(
        Database database,
        StoreConfig config,
        ConfigStore versions,
        Nodes nodes,
        ClientKeyStore keys,
        StoreSecrets secrets)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenStore.class);

    /**
     * Opens a store, and makes its tables if that is wanted.
     *
     * @param directory the node's directory
     * @throws StoreException if it does not answer or cannot be used
     */
    public static OpenStore open(StoreConfig config, Path directory) {
        return open(config, directory, new NodeKeys(config, directory));
    }

    /** Opens one as {@link #open(StoreConfig, Path)} does, with the keys of a node that runs. */
    static OpenStore open(StoreConfig config, Path directory, NodeKeys sealing) {
        return checked(of(Databases.open(config, directory), config, sealing), config.migrate() == Migrate.AUTO);
    }

    /**
     * Opens a store that is there already.
     *
     * @param directory the node's directory
     * @throws StoreException if it does not answer or cannot be used
     */
    public static OpenStore existing(StoreConfig config, Path directory) {
        return checked(unchecked(config, directory, false), false);
    }

    /**
     * Opens a store, whatever tables it has.
     *
     * @param directory the node's directory
     * @param make whether a file of H2 is made if there is none
     * @throws StoreException if it does not answer
     */
    public static OpenStore unchecked(StoreConfig config, Path directory, boolean make) {
        Database database = make ? Databases.open(config, directory) : Databases.existing(config, directory);
        return of(database, config, new NodeKeys(config, directory));
    }

    private static OpenStore of(Database database, StoreConfig config, NodeKeys sealing) {
        return new OpenStore(
                database,
                config,
                new ConfigStore(database),
                new Nodes(database),
                new ClientKeyStore(database),
                new StoreSecrets(database, sealing));
    }

    private static OpenStore checked(OpenStore store, boolean migrate) {
        boolean usable = false;
        try {
            Schema schema = new Schema(store.database);
            if (migrate) {
                schema.migrate();
            }
            schema.check();
            usable = true;
            return store;
        } finally {
            if (!usable) {
                store.close();
            }
        }
    }

    /** Makes version 1 of the seed, if there is one. Several nodes may do so at once: one does. */
    Optional<ConfigVersion> seed(ConfigSource node) {
        Path seed = config.seed();
        if (seed == null) {
            return Optional.empty();
        }
        try {
            String content = TextFile.read(seed, YamlParser.MAX_LENGTH);
            Draft draft = Draft.plain(content, "llmproxy", "seed " + seed, Origin.SEED, Version.current(), null, null);
            ConfigVersion first = versions.commit(
                    secrets.sealed(node, draft, seed.toString(), false).draft(), 0);
            LOG.info("{} is stored as v1", seed);
            return Optional.of(first);
        } catch (IOException e) {
            throw new ConfigException(List.of(new Problem(seed.toString(), 0, "", TextFile.reason(e))));
        } catch (HeadMovedException e) {
            return versions.version(e.actual());
        }
    }

    /** Returns the head, or what it went back to because it was not confirmed or because most nodes refuse it. */
    Head goneBack(Head head) {
        if (!head.isUnconfirmed()) {
            return head;
        }
        String why;
        if (head.isOverdue()) {
            why = "v" + head.version() + " was not confirmed in time";
        } else {
            List<NodeReport> live = nodes.live();
            long refused =
                    live.stream().filter(node -> node.refused(head.version())).count();
            if (refused * 2 <= live.size()) {
                return head;
            }
            why = refused + " of " + live.size() + " nodes refuse v" + head.version();
        }
        versions.goBack(head, why, Version.current())
                .ifPresent(back -> LOG.warn("{}: rolled back to v{}, stored as v{}", why, head.fallback(), back.id()));
        return versions.head();
    }

    /**
     * Returns what makes an old version the newest.
     *
     * @param to its number
     * @param content what it said
     * @param author who asks for it
     */
    public static Draft rollback(long to, String content, String author) {
        return Draft.plain(content, author, "back to v" + to, Origin.ROLLBACK, Version.current(), null, null);
    }

    /** The document that is wanted; empty while there is none. */
    public String content() {
        return versions.version(versions.head().version())
                .map(ConfigVersion::content)
                .orElse("");
    }

    /** What operators did. */
    public AuditTable audit() {
        return new AuditTable(database);
    }

    /** Writes all of it into a file, and reads it from there. */
    public StoreBackup backup() {
        return new StoreBackup(database);
    }

    /** What operators have changed for the time being. */
    OverrideTable overrides() {
        return new OverrideTable(database);
    }

    /** What all nodes have used. */
    UsageHours usage() {
        return new UsageHours(database);
    }

    /** Those who sign in with a password. */
    UserTable users() {
        return new UserTable(database);
    }

    /** Tokens of programs. */
    TokenTable tokens() {
        return new TokenTable(database);
    }

    /** Who has signed in. */
    SessionTable sessions() {
        return new SessionTable(database);
    }

    @Override
    public void close() {
        database.close();
    }
}
