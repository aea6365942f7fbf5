package io.llmproxy.usage;

import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.YamlFile;
import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns the community's table of prices, LiteLLM's {@code model_prices_and_context_window.json}, into a file of ours. What has
 * no counterpart is left out and named: a price that is guessed is worse than none.
 */
public final class CommunityPrices {
    private static final String EXPECTED = "a model for each key";
    private static final Set<String> NO_MODELS = Set.of("sample_spec", "fallback_generalizations", "$schema");

    /** Providers whose upstreams have a kind of their own here. */
    private static final Map<String, String> KINDS = Map.of("azure", "azure_openai", "vertex_ai", "vertex");

    private final List<String> general = new ArrayList<>();
    private final List<String> specific = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();

    private CommunityPrices() {}

    /**
     * What became of a table.
     *
     * @param yaml a file of prices
     * @param models how many models it has
     * @param leftOut what it does not have, a line each
     */
    public record Imported(String yaml, int models, List<String> leftOut) {
        /** Copies the list. */
        public Imported {
            leftOut = List.copyOf(leftOut);
        }
    }

    /**
     * Reads a table.
     *
     * @param version what the prices are to be called
     * @throws ConfigException if the file cannot be read, or is no such table
     */
    public static Imported read(Path file, String version) {
        return new CommunityPrices().convert(YamlFile.read(file, EXPECTED), version);
    }

    /**
     * Reads a table.
     *
     * @param source what problems call it
     * @param version what the prices are to be called
     * @throws ConfigException if it is no such table
     */
    public static Imported parse(String text, String source, String version) {
        return new CommunityPrices().convert(YamlFile.parse(text, source, EXPECTED), version);
    }

    private Imported convert(Mapping table, String version) {
        table.entries().forEach((name, entry) -> {
            if (!NO_MODELS.contains(name)) {
                model(name, entry);
            }
        });
        StringBuilder yaml =
                new StringBuilder("version: ").append(quoted(version)).append("\ncurrency: USD\nmodels:\n");
        // Of two that fit, the first counts: what holds for one provider only comes before what holds for all.
        specific.forEach(line -> yaml.append(line).append('\n'));
        general.forEach(line -> yaml.append(line).append('\n'));
        int models = specific.size() + general.size();
        return new Imported(models == 0 ? yaml.append("  []\n").toString() : yaml.toString(), models, leftOut);
    }

    private void model(String name, YamlTree entry) {
        if (!(entry instanceof Mapping members)) {
            leftOut.add(name + ": " + entry.kind() + " (expected: a section)");
            return;
        }
        String provider = text(members, "litellm_provider");
        boolean prefixed = !provider.isEmpty() && name.startsWith(provider + '/');
        String model = prefixed ? name.substring(provider.length() + 1) : name;
        if (!ModelPattern.parse(model).map(ModelPattern::isExact).orElse(false) || hasControls(model)) {
            leftOut.add(name + ": a pattern, and not the name of a model");
            return;
        }
        CommunityEntry prices = CommunityEntry.of(members);
        prices.leftOut().forEach(member -> leftOut.add(name + ": " + member));
        if (prices.isEmpty()) {
            leftOut.add(name + ": no price that is known here");
        } else if (prices.isZero()) {
            leftOut.add(
                    name
                            + ": all its prices are 0, which may mean that they are not known (if it is free, say `free: true`)");
        } else {
            String upstream = prefixed ? ", upstream: " + quoted(KINDS.getOrDefault(provider, provider)) : "";
            String line = "  - {model: " + quoted(model) + upstream + prices.yaml() + "}";
            (prefixed ? specific : general).add(line);
        }
    }

    private static String text(Mapping members, String name) {
        return members.entries().get(name) instanceof Scalar scalar ? scalar.text() : "";
    }

    private static boolean hasControls(String text) {
        return text.chars().anyMatch(Character::isISOControl);
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Writes a section in one line. */
    static String section(Map<String, String> members) {
        List<String> written = new ArrayList<>();
        members.forEach((key, value) -> written.add(key + ": " + value));
        return '{' + String.join(", ", written) + '}';
    }
}
