package io.llmproxy.boot;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.store.MaywzhRows;
import io.llmproxy.store.NewKey;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What becomes of a database of maywzh's llm-proxy here. */
public final class MaywzhImport {
    private static final Path DIRECTORY = Path.of("");
    private static final Set<String> NOT_WITH_A_DATABASE = Set.of("DB_URL", "MASTER_API_KEY");
    private static final Set<String> PROVIDERS = Set.of("providers", "upstreams");
    private static final Pattern ITEM = Pattern.compile("(providers|upstreams|master_keys|keys)\\[(\\d+)]\\.?(.*)");

    private final MaywzhRows rows;
    private final Map<String, String> variables;
    private final ConfigLoader.Loaded loaded;

    private MaywzhImport(MaywzhRows rows, Map<String, String> variables, ConfigLoader.Loaded loaded) {
        this.rows = rows;
        this.variables = variables;
        this.loaded = loaded;
    }

    /**
     * Says it in our words.
     *
     * @param rows what the database says
     * @param environment of that system, which goes over the rows
     * @throws ConfigException with every problem, each by the name of its provider or credential
     */
    public static MaywzhImport of(MaywzhRows rows, Map<String, String> environment) {
        Map<String, String> variables = new HashMap<>(environment);
        // With a database, that system asks nothing else for the keys of clients. Empty ones go over those of a .env,
        // too.
        NOT_WITH_A_DATABASE.forEach(name -> variables.put(name, ""));
        try {
            return new MaywzhImport(
                    rows, variables, ConfigLoader.parse(rows.document(), "the database", DIRECTORY, variables));
        } catch (ConfigException e) {
            throw new ConfigException(
                    e.problems().stream().map(problem -> named(problem, rows)).toList());
        }
    }

    private static Problem named(Problem problem, MaywzhRows rows) {
        Matcher item = ITEM.matcher(problem.path());
        if (!item.matches()) {
            return new Problem(problem.source(), 0, problem.path(), problem.message());
        }
        int index = Integer.parseInt(item.group(2));
        String source = PROVIDERS.contains(item.group(1))
                ? "provider " + rows.providers().get(index).key()
                : "credential " + rows.credentials().get(index).name();
        return new Problem(source, 0, item.group(3), problem.message());
    }

    /** The configuration. */
    public ProxyConfig config() {
        return loaded.config();
    }

    /** What the operator should look at nevertheless, each by the name of its provider or credential. */
    public List<Problem> warnings() {
        return loaded.warnings().stream().map(problem -> named(problem, rows)).toList();
    }

    /** The whole configuration, with the secrets in it. */
    public String document() {
        return ConfigLoader.inOwnWords(rows.document(), DIRECTORY, variables);
    }

    /** The configuration without the keys of clients, with the secrets of upstreams in it. */
    public String documentWithoutKeys() {
        return ConfigLoader.inOwnWords(new MaywzhRows(rows.providers(), List.of()).document(), DIRECTORY, variables);
    }

    /** The keys of clients. */
    public List<NewKey> keys() {
        return loaded.config().keys().stream().map(MaywzhImport::key).toList();
    }

    private static NewKey key(ClientKeyConfig config) {
        return new NewKey(config, null, List.of());
    }
}
