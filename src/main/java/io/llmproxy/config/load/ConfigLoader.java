package io.llmproxy.config.load;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.check.ClientKeyChecks;
import io.llmproxy.config.check.CrossChecks;
import io.llmproxy.config.check.QuotaChecks;
import io.llmproxy.config.check.SectionChecks;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.ConfigPrinter;
import io.llmproxy.config.document.DotEnv;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Origin;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.config.document.YamlParser;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.foreign.LiteLlmFile;
import io.llmproxy.config.foreign.MaywzhFile;
import io.llmproxy.config.foreign.X5iuFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link ProxyConfig} of a YAML file and the environment, or says all that is wrong with them. The files of three
 * other systems are recognised by their shape and understood.
 */
public final class ConfigLoader {
    private ConfigLoader() {}

    /** A node's own file. */
    private record Own(String text, String name) {}

    /**
     * A configuration that can be used.
     *
     * @param config the configuration
     * @param format whose words it was written in
     * @param warnings what the operator should look at nevertheless
     * @param printer writes {@link #text}; few want it, and it takes as long as all the rest
     */
    public record Loaded(ProxyConfig config, FileFormat format, List<Problem> warnings, Supplier<String> printer) {
        /** Copies the list. */
        public Loaded {
            warnings = List.copyOf(warnings);
        }

        /** What was written, in LLMProxy's own words, as YAML without its secrets. */
        public String text() {
            return printer.get();
        }
    }

    /**
     * Loads a file.
     *
     * @param file YAML; relative paths in it start at its directory, and a {@code .env} beside it is read
     * @param environment the process's environment
     * @throws ConfigException if anything is wrong
     */
    public static Loaded load(Path file, Map<String, String> environment) {
        String yaml;
        try {
            yaml = TextFile.read(file, YamlParser.MAX_LENGTH);
        } catch (IOException e) {
            throw new Problems().fatal(new Origin(file.toString(), 0), "", TextFile.reason(e));
        }
        Path directory = file.toAbsolutePath().resolveSibling("");
        return parse(yaml, file.toString(), directory, environment);
    }

    /**
     * Loads a text.
     *
     * @param yaml the text
     * @param sourceName what problems call it
     * @param baseDirectory where relative paths start and a {@code .env} is looked for
     * @param environment the process's environment
     * @throws ConfigException if anything is wrong
     */
    public static Loaded parse(String yaml, String sourceName, Path baseDirectory, Map<String, String> environment) {
        return parse(yaml, sourceName, null, baseDirectory, environment, SecretSource.NONE);
    }

    /**
     * Loads a configuration that a store holds.
     *
     * @param yaml the text
     * @param sourceName what problems call it
     * @param node the text of the node's own file; what it says stands in the place of what the configuration says
     * @param nodeName what problems call that file
     * @param baseDirectory where relative paths start and a {@code .env} is looked for
     * @param environment the process's environment
     * @param secrets what the text may refer to
     * @throws ConfigException if anything is wrong
     */
    public static Loaded parseStored(
            String yaml,
            String sourceName,
            String node,
            String nodeName,
            Path baseDirectory,
            Map<String, String> environment,
            SecretSource secrets) {
        return parse(yaml, sourceName, new Own(node, nodeName), baseDirectory, environment, secrets);
    }

    /**
     * Returns a text that is known to be good in LLMProxy's own words, with its secrets: the text itself if it is in these.
     *
     * @param yaml the text
     * @param baseDirectory where a {@code .env} is looked for
     * @param environment the process's environment
     */
    public static String inOwnWords(String yaml, Path baseDirectory, Map<String, String> environment) {
        Problems problems = new Problems();
        Mapping root = YamlParser.parse(yaml, "", problems);
        FileFormat format = FileFormat.of(root);
        if (format == FileFormat.LLMPROXY) {
            return yaml;
        }
        Map<String, String> variables = variables(baseDirectory, environment, problems);
        Interpolation interpolation = new Interpolation(variables, baseDirectory, SecretSource.NONE);
        return ConfigPrinter.printWhole(ours(root, format, variables, interpolation, problems));
    }

    private static Map<String, String> variables(
            Path baseDirectory, Map<String, String> environment, Problems problems) {
        Map<String, String> variables = new HashMap<>(DotEnv.read(baseDirectory, problems));
        variables.putAll(environment);
        return variables;
    }

    private static Loaded parse(
            String yaml,
            String sourceName,
            @Nullable Own own,
            Path baseDirectory,
            Map<String, String> environment,
            SecretSource secrets) {
        Problems problems = new Problems();
        Map<String, String> variables = variables(baseDirectory, environment, problems);
        Interpolation interpolation = new Interpolation(variables, baseDirectory, secrets);
        Mapping root = YamlParser.parse(yaml, sourceName, problems);
        FileFormat format = FileFormat.of(root);
        Mapping written = ours(root, format, variables, interpolation, problems);
        Mapping tree;
        boolean whole = true;
        if (own == null) {
            tree = EnvironmentOverride.applyAll(written, variables, problems);
            whole = !NodeFile.isOne(tree);
            tree = whole ? tree : NodeFile.own(written, tree, problems);
        } else {
            NodeFile.refuseStore(written, problems);
            Mapping over = NodeFile.over(written, YamlParser.parse(own.text, own.name, problems));
            tree = NodeFile.withoutStore(EnvironmentOverride.applyAll(over, variables, problems));
        }
        ValueReader values = new ValueReader(interpolation::resolve, baseDirectory);
        ProxyConfig config = new RecordReader(values, problems, whole).read(tree);
        new SectionChecks(problems).check(config);
        new CrossChecks(problems).check(config);
        new ClientKeyChecks(problems).check(config);
        new QuotaChecks(problems).check(config);
        problems.throwIfAny();
        return new Loaded(config, format, problems.warnings(), () -> ConfigPrinter.print(written));
    }

    private static Mapping ours(
            Mapping root,
            FileFormat format,
            Map<String, String> variables,
            Interpolation interpolation,
            Problems problems) {
        return switch (format) {
            case X5IU -> X5iuFile.translate(root, problems);
            case MAYWZH -> MaywzhFile.translate(root, variables, interpolation, problems);
            case LITELLM -> LiteLlmFile.translate(root, variables, interpolation, problems);
            case LLMPROXY -> root;
        };
    }
}
